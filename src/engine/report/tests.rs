// SPDX-License-Identifier: GPL-3.0-or-later
//! What the report says, and what it never says.

use super::*;

const TOKEN: &str = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";

fn facts() -> Facts {
    let line = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Facts {
        system: vec![line("Kernel", "6.12.48+deb13-amd64")],
        portals: vec![line("ScreenCast", "version 5, sources 0x7")],
        encoders: vec![line("vp8", "vp8enc (processor)")],
        interfaces: vec![line("enx001122334455", "IPv4")],
    }
}

#[test]
fn each_section_stands_there_even_when_it_is_empty() {
    let text = render(&Facts::default(), &ReportOf::default(), &[]);
    for part in [
        "Telecast ",
        "\nSystem\n  unknown\n",
        "\nPortals\n  none answers\n",
        "\nEncoders\n  none works\n",
        "\nNetwork interfaces\n  none\n",
        "\nSettings that were changed\n  none\n",
        "\nHow the last casts ended\n  none has\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let of = ReportOf {
        front_end: vec![("GTK", "4.18.6".into())],
        settings: vec![("frame-rate", "60".into())],
    };
    let ends = [(SystemTime::UNIX_EPOCH, Reason::DeviceClosed)];
    let text = render(&facts(), &of, &ends);
    for part in [
        "  Kernel: 6.12.48+deb13-amd64\n  GTK: 4.18.6\n",
        "  vp8: vp8enc (processor)\n",
        "  frame-rate: 60\n",
        "  1970-01-01 00:00:00 UTC: the device closed the connection\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn no_secret_no_address_and_no_name_gets_in() {
    let private = "Annas Fernseher";
    let reasons = [
        Reason::DeviceNotFound(private.into()),
        Reason::HostUnknown("tv.anna.example".into()),
        Reason::DeviceStopped {
            other: Some(private.into()),
        },
        Reason::Missing(Missing::AudioApplication(private.into())),
        Reason::Missing(Missing::Interface("enx001122334455".into())),
        Reason::System(format!("cannot bind 192.0.2.7:5000 with {TOKEN}")),
        Reason::AppRefused { code: TOKEN.into() },
        Reason::OfferRefused {
            code: 1,
            description: "00:11:22:33:44:55".into(),
        },
    ];
    let ends: Vec<(SystemTime, Reason)> = reasons
        .map(|reason| (SystemTime::UNIX_EPOCH, reason))
        .into();
    let of = ReportOf {
        front_end: vec![("Renderer", format!("NGL {TOKEN}"))],
        settings: vec![("interface", "'enx001122334455'".into())],
    };
    let text = Redactor::of_system().redact(&render(&facts(), &of, &ends));
    for secret in [
        private,
        "Anna",
        "anna",
        "192.0.2.7",
        "001122334455",
        "00:11:22",
        TOKEN,
    ] {
        assert!(!text.contains(secret), "{secret:?} in {text}");
    }
    assert_eq!(text.matches("UTC: ").count(), ends.len(), "{text}");
}

#[tokio::test]
async fn the_real_report_has_the_facts_and_not_the_name_of_this_computer() {
    let text = report(None, ReportOf::default()).await;
    for part in ["Kernel: ", "GStreamer: GStreamer 1.", "Sandbox: "] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    assert!(
        host.len() < 4 || host == "localhost" || !text.contains(&host),
        "{text}"
    );
    let addresses = if_addrs::get_if_addrs().unwrap_or_default();
    for interface in addresses
        .iter()
        .filter(|interface| !interface.is_loopback())
    {
        assert!(!text.contains(&interface.ip().to_string()), "{text}");
    }
}
