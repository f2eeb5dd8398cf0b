// SPDX-License-Identifier: GPL-3.0-or-later
//! A device of which nothing is known but where it is: it is asked what it is called, and need not answer.

use super::*;

#[tokio::test]
async fn only_a_device_that_is_not_known_is_asked_what_it_is_called_and_its_silence_is_no_fault() {
    for unknown in [true, false] {
        let device = Device::start(Script::default()).await;
        let (handle, probe) = start_at(Target {
            unknown,
            ..target(device.address)
        });
        until(&handle, is_streaming).await;
        let asked = device.count("GET_DEVICE_INFO");
        assert_eq!(asked, usize::from(unknown));
        assert_eq!(*handle.info().borrow(), None);
        stop(handle, probe).await;
    }
}

#[tokio::test]
async fn a_device_that_answers_is_known() {
    let receiver = crate::receive::start(crate::receive::options()).await;
    let (handle, probe) = start_at(Target {
        unknown: true,
        ..target(receiver.address())
    });
    let mut info = handle.info();
    let told = timeout(LIMIT, info.wait_for(Option::is_some));
    let told = told.await.expect("in time").expect("it lives").clone();
    assert_eq!(told.expect("it told").friendly_name, "Test TV");
    stop(handle, probe).await;
    receiver.stop().await;
}
