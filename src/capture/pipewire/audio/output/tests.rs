// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;

fn record(sink: &str, previous: Option<&str>) -> Record {
    Record {
        sink: sink.to_owned(),
        previous: previous.map(str::to_owned),
    }
}

fn chosen(name: &str) -> Restore {
    Restore::Choice(Some(name.to_owned()))
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("telecast-{name}-{}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    folder
}

#[test]
fn the_output_before_ours_comes_back() {
    let records = [record("telecast.tv", Some("speakers"))];
    let back = restored("telecast.tv", Some("telecast.tv"), &records, |_| true);
    assert_eq!(back, chosen("speakers"));
}

#[test]
fn where_nothing_was_chosen_nothing_is_chosen_again() {
    let records = [record("telecast.tv", None)];
    let back = restored("telecast.tv", Some("telecast.tv"), &records, |_| true);
    assert_eq!(back, Restore::Choice(None));
}

#[test]
fn a_default_that_was_changed_meanwhile_is_left_alone() {
    let records = [record("telecast.tv", Some("speakers"))];
    for configured in [Some("headphones"), None] {
        assert_eq!(
            restored("telecast.tv", configured, &records, |_| true),
            Restore::Nothing
        );
    }
}

#[test]
fn two_casts_that_end_in_any_order_give_back_the_first_output() {
    let records = [
        record("telecast.a", Some("speakers")),
        record("telecast.b", Some("telecast.a")),
    ];
    // `a` ends first: `b` is the default, so nothing happens; then `b` ends, when `a` is gone.
    assert_eq!(
        restored("telecast.a", Some("telecast.b"), &records, |_| true),
        Restore::Nothing
    );
    let alive = |name: &str| name == "speakers";
    let back = restored("telecast.b", Some("telecast.b"), &records, alive);
    assert_eq!(back, chosen("speakers"));
    // `b` ends first: `a` is the default again.
    let back = restored("telecast.b", Some("telecast.b"), &records, |_| true);
    assert_eq!(back, chosen("telecast.a"));
}

#[test]
fn records_in_a_circle_end_without_a_choice_of_ours() {
    let records = [
        record("telecast.a", Some("telecast.b")),
        record("telecast.b", Some("telecast.a")),
    ];
    let back = restored("telecast.a", Some("telecast.a"), &records, |_| false);
    assert_ne!(back, chosen("telecast.a"));
}

#[test]
fn after_a_crash_the_dead_output_is_replaced_and_its_record_named() {
    let records = [
        record("telecast.tv", Some("speakers")),
        record("telecast.other", None),
    ];
    let alive = |name: &str| name == "speakers" || name == "telecast.other";
    let (dead, configure) = repair(&records, Some("telecast.tv"), alive);
    assert_eq!(dead, ["telecast.tv"]);
    assert_eq!(configure, chosen("speakers"));
    let (dead, configure) = repair(&records, Some("headphones"), alive);
    assert_eq!((dead.len(), configure), (1, Restore::Nothing));
    let (dead, configure) = repair(&records, Some("telecast.tv"), |_| true);
    assert_eq!((dead.len(), configure), (0, Restore::Nothing));
}

#[test]
fn records_are_written_read_and_removed() {
    let folder = folder("records");
    assert!(read_all(&folder).is_empty());
    remove(&folder, "telecast.tv").unwrap();
    let tv = record("telecast.tv", Some("speakers"));
    write(&folder, &tv).unwrap();
    write(&folder, &tv).unwrap();
    fs::write(folder.join("garbage.json"), "{").unwrap();
    assert_eq!(read_all(&folder), [tv]);
    remove(&folder, "telecast.tv").unwrap();
    assert!(read_all(&folder).is_empty());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn forgetting_an_output_links_its_successor_to_its_predecessor() {
    let folder = folder("forget");
    write(&folder, &record("telecast.a", Some("speakers"))).unwrap();
    write(&folder, &record("telecast.b", Some("telecast.a"))).unwrap();
    forget(&folder, "telecast.a").unwrap();
    assert_eq!(read_all(&folder), [record("telecast.b", Some("speakers"))]);
    forget(&folder, "telecast.a").unwrap();
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn names_of_outputs_are_plain() {
    assert_eq!(sink_name("Büro TV/2"), "telecast.b-ro-tv-2");
    assert!(sink_name(&"x".repeat(500)).len() < 64);
}
