// SPDX-License-Identifier: GPL-3.0-or-later
//! The scripted device of the tests of sessions, for what no receiver of ours does: go on without its sender.

#[path = "../../net/session"]
#[allow(dead_code, reason = "tests of sessions need all of it")]
pub mod session {
    pub mod media;
    pub mod script;

    use std::time::Duration;

    /// Waits until something that happens on another task is so.
    pub async fn eventually(what: &str, so: impl Fn() -> bool) {
        let waiting = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let limit = crate::support::cast::START;
        tokio::time::timeout(limit, waiting).await.expect(what);
    }
}
