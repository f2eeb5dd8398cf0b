// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;

fn graph() -> Graph {
    let mut graph = Graph::default();
    let client = |name: &str, pid| Client {
        name: Some(name.to_owned()),
        binary: Some(format!("{name}-bin")),
        pid: Some(pid),
    };
    graph.clients.insert(1, client("Player", 100));
    graph.clients.insert(2, client("Telecast", 200));
    let node = |client, class: &str| Node {
        class: Some(class.to_owned()),
        client: Some(client),
        ..Node::default()
    };
    graph.nodes.insert(10, node(1, "Stream/Output/Audio"));
    graph.nodes.insert(11, node(1, "Stream/Input/Audio"));
    graph.nodes.insert(20, node(2, "Stream/Output/Audio"));
    let port = |node, output, channel: &str| Port {
        node,
        output,
        channel: channel.to_owned(),
    };
    graph.ports.insert(30, port(10, true, "FL"));
    graph.ports.insert(31, port(10, true, "FR"));
    graph.ports.insert(32, port(11, true, "FL"));
    graph.ports.insert(33, port(20, true, "MONO"));
    graph.ports.insert(40, port(99, false, "FL"));
    graph.ports.insert(41, port(99, false, "FR"));
    graph.ports.insert(42, port(98, false, "FL"));
    graph
}

#[test]
fn an_applications_channels_go_to_the_same_side_of_ours_only() {
    let links = graph().links("player", 99, |_| false);
    assert_eq!(links, [(30, 40), (31, 41)]);
    assert_eq!(graph().links("Player-BIN", 99, |_| false), links);
    assert!(graph().links("Other", 99, |_| false).is_empty());
}

#[test]
fn mono_goes_to_both_sides() {
    assert_eq!(
        graph().links("Telecast", 99, |_| false),
        [(33, 40), (33, 41)]
    );
}

#[test]
fn nodes_of_the_own_processes_are_never_captured() {
    assert!(graph().links("Telecast", 99, |pid| pid == 200).is_empty());
}

#[test]
fn an_application_is_known_by_its_client_or_by_its_stream() {
    let mut graph = graph();
    assert!(graph.has_application("Telecast-bin") && graph.has_application("PLAYER"));
    assert!(!graph.has_application("Nobody"));
    graph.nodes.insert(
        50,
        Node {
            application: Some("Nobody".to_owned()),
            ..Node::default()
        },
    );
    assert!(graph.has_application("nobody"));
    graph.remove(50);
    assert!(!graph.has_application("nobody"));
}

#[test]
fn descendants_are_found_through_any_number_of_parents() {
    let parents = |pid| match pid {
        5 => Some(4),
        4 => Some(3),
        3 => Some(1),
        7 => Some(8),
        8 => Some(7),
        _ => None,
    };
    assert!(descends(5, 3, parents) && descends(3, 3, parents));
    assert!(!descends(3, 5, parents));
    assert!(!descends(7, 3, parents));
}

#[test]
fn the_parent_is_read_behind_a_name_with_parentheses() {
    assert_eq!(parent_in("42 (a) b) S 17 42 42 0 -1"), Some(17));
    assert_eq!(parent_in("nonsense"), None);
    let own = std::process::id();
    assert_eq!(parent_of(own), Some(std::os::unix::process::parent_id()));
}

#[test]
fn who_plays_is_told_once_by_its_name_and_without_ourselves() {
    let mut graph = graph();
    let own = |pid| pid == 200;
    assert_eq!(graph.players(own), ["Player"]);
    assert_eq!(graph.players(|_| false), ["Player", "Telecast"]);
    let stream = |name: &str| Node {
        class: Some("Stream/Output/Audio".to_owned()),
        application: Some(name.to_owned()),
        ..Node::default()
    };
    graph.nodes.insert(50, stream("PLAYER"));
    graph.nodes.insert(51, stream("a browser"));
    graph.nodes.insert(52, stream("  "));
    assert_eq!(graph.players(own), ["a browser", "Player"]);
    graph.remove(10);
    assert_eq!(graph.players(own), ["a browser", "PLAYER"]);
}
