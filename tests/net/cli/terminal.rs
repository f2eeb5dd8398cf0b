// SPDX-License-Identifier: GPL-3.0-or-later
//! A terminal for the programs that ask on one.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// A terminal: what is typed into it, and what has appeared on it.
pub(super) struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Terminal {
    /// A new one, and the end that a program gets.
    pub(super) fn open() -> (Terminal, OwnedFd) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it can be opened");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let path = name.to_str().expect("a path in ASCII");
        let program = File::options()
            .read(true)
            .write(true)
            .open(path)
            .expect("its other end");
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().expect("a second handle");
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        // Ends with an error when the last program has closed its end.
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                shown.lock().unwrap().push_str(&text);
            }
        });
        (Terminal { keyboard, screen }, program.into())
    }

    /// Waits until this appears; everything on the screen then is taken off it.
    pub(super) async fn shows(&self, words: &str) -> String {
        let shown = async {
            while !self.screen.lock().unwrap().contains(words) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = timeout(LIMIT, shown).await;
        let text = std::mem::take(&mut *self.screen.lock().unwrap());
        assert!(in_time.is_ok(), "“{words}” does not appear: {text}");
        text
    }

    pub(super) fn type_line(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").expect("somebody reads");
    }
}
