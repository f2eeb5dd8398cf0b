// SPDX-License-Identifier: GPL-3.0-or-later
//! Compiles the protobuf messages of `proto/` into Rust, without a protoc.

use std::error::Error;

const PROTOS: [&str; 2] = ["proto/cast_channel.proto", "proto/device_auth.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
