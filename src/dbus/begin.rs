// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts that are begun over the bus: a device and options in, a request to the engine out.

use std::collections::HashMap;

use zbus::zvariant::OwnedValue;

use super::error::BusError;
use super::options::Options;
use super::service::Shared;
use crate::engine::{AudioChoice, Device, MirrorRequest, request_of_user};
use crate::words;

/// Begins a cast to `device`; what is not among the options is as the person has set it.
pub(super) async fn cast(
    shared: &Shared,
    device: &Device,
    options: HashMap<String, OwnedValue>,
) -> Result<(), BusError> {
    let request = request(options).await?;
    begin(shared, device, request)
}

async fn request(options: HashMap<String, OwnedValue>) -> Result<MirrorRequest, BusError> {
    let options = Options::new(options);
    let source = options.source()?;
    // The settings' store may be asked on another bus.
    let set = tokio::task::spawn_blocking(move || request_of_user(source)).await;
    let mut request = set.map_err(|error| BusError::Failed(words::bus::no_sense(&error)))?;
    options.apply(&mut request)?;
    Ok(request)
}

fn begin(shared: &Shared, device: &Device, mut request: MirrorRequest) -> Result<(), BusError> {
    // A speaker that is sent nothing is of no use to anybody; the window does the same.
    if !device.kind.has_picture() && request.audio == AudioChoice::None {
        request.audio = AudioChoice::Tv;
        request.options.audio = true;
    }
    let begun = shared.engine.mirror(device, request);
    begun
        .map(drop)
        .map_err(|reason| BusError::of_reason(&reason, &device.name))
}
