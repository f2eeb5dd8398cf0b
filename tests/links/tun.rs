// SPDX-License-Identifier: GPL-3.0-or-later
//! A TUN device: a network interface whose packets a program reads and writes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::OFlags;
use rustix::ioctl::{Opcode, Setter, ioctl, opcode};

/// Where the kernel gives them out.
pub const DEVICE: &str = "/dev/net/tun";
/// `TUNSETIFF` of `linux/if_tun.h`.
const SET_INTERFACE: Opcode = opcode::write::<i32>(b'T', 202);
/// `IFF_TUN | IFF_NO_PI`: IP packets, and nothing before them.
const FLAGS: i16 = 0x0001 | 0x1000;

/// `struct ifreq` of `linux/if.h`, as far as that request reads it.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

/// Makes the device `name` in the network namespace of the calling thread; it is gone when the file is closed. Each read
/// and each write is one IP packet; neither waits.
pub fn open(name: &str) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(DEVICE)?;
    let mut request = InterfaceRequest {
        name: [0; 16],
        flags: FLAGS,
        rest: [0; 22],
    };
    // The last byte stays zero.
    for (to, from) in request.name[..15].iter_mut().zip(name.bytes()) {
        *to = from;
    }
    attach(&file, request)?;
    Ok(file)
}

#[expect(
    unsafe_code,
    reason = "an ioctl of the kernel's that no crate in the tree wraps"
)]
fn attach(file: &File, request: InterfaceRequest) -> io::Result<()> {
    // SAFETY: TUNSETIFF reads a `struct ifreq`, which the request is in size and layout.
    unsafe { ioctl(file, Setter::<SET_INTERFACE, _>::new(request)) }?;
    Ok(())
}
