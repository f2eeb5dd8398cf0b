// SPDX-License-Identifier: GPL-3.0-or-later
//! Memory that outlives PipeWire's buffer: a mapping of our own, or duplicated descriptors of a DMA-BUF.
//!
//! PipeWire unmaps a buffer's memory when it is removed, on its thread, whatever a consumer still reads. So each buffer
//! is mapped once more here, and a picture shares that mapping. Dropping a picture sends the buffer's number back
//! ([`Ticket`]); the number of a removed buffer is never used again, so a late return hits nothing.

use std::ffi::c_void;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::Command;
use crate::capture::frame::{DmaBuf, PictureBytes};

/// A read-only shared mapping of a file.
#[derive(Debug)]
pub(super) struct Mapping {
    base: NonNull<c_void>,
    /// What was mapped, from a page boundary on.
    mapped: usize,
    /// Where the wanted bytes start in it.
    start: usize,
    len: usize,
}

#[expect(
    unsafe_code,
    reason = "the mapping is only read, and unmapped by its last owner"
)]
// SAFETY: no thread affinity: reading and unmapping are allowed on any thread.
unsafe impl Send for Mapping {}
#[expect(
    unsafe_code,
    reason = "the mapping is only read, and unmapped by its last owner"
)]
// SAFETY: only shared reads.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes of `fd` from `offset` on. Refused when the file is shorter: reading behind its end would kill
    /// the process.
    pub fn new(fd: BorrowedFd<'_>, offset: u32, len: u32) -> io::Result<Self> {
        let (offset, len) = (u64::from(offset), len as usize);
        let size = u64::try_from(rustix::fs::fstat(fd)?.st_size).unwrap_or(0);
        if len == 0 || offset + len as u64 > size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let start = offset % rustix::param::page_size() as u64;
        let mapped = start as usize + len;
        #[expect(
            unsafe_code,
            reason = "maps a file at an address that the kernel chooses"
        )]
        // SAFETY: a new mapping at no fixed address cannot touch existing memory.
        let base = unsafe {
            mmap(
                ptr::null_mut(),
                mapped,
                ProtFlags::READ,
                MapFlags::SHARED,
                fd,
                offset - start,
            )?
        };
        let base = NonNull::new(base).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping {
            base,
            mapped,
            start: start as usize,
            len,
        })
    }

    /// The bytes. The producer may write them when the buffer is not held: then a picture is torn, nothing worse.
    #[expect(unsafe_code, reason = "reads the mapping")]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `start + len` bytes are mapped for as long as `self` lives.
        unsafe {
            std::slice::from_raw_parts(self.base.as_ptr().cast::<u8>().add(self.start), self.len)
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "gives the mapping back")]
        // SAFETY: mapped by `new`, and nobody holds a reference any more.
        let result = unsafe { munmap(self.base.as_ptr(), self.mapped) };
        if let Err(error) = result {
            tracing::warn!(%error, "a picture's memory could not be unmapped");
        }
    }
}

/// Number of a buffer; never used twice in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BufferId(pub u64);

/// Where returned numbers go.
pub(super) type Returns = ::pipewire::channel::Sender<Command>;

/// Sends the buffer back when dropped.
pub(super) struct Ticket {
    pub id: BufferId,
    pub returns: Returns,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.returns.send(Command::Return(self.id)).is_err() {
            tracing::debug!("a picture outlived its stream's thread");
        }
    }
}

/// A picture in shared memory.
pub(super) struct Shared {
    pub mapping: Arc<Mapping>,
    pub _ticket: Ticket,
}

impl PictureBytes for Shared {
    fn bytes(&self) -> &[u8] {
        self.mapping.bytes()
    }
}

/// The descriptors of a DMA-BUF, duplicated, so that they outlive PipeWire's.
#[derive(Debug)]
pub(super) struct DmaPlanes(pub Vec<OwnedFd>);

/// A picture on the GPU.
pub(super) struct Gpu {
    pub planes: Arc<DmaPlanes>,
    pub modifier: u64,
    pub _ticket: Ticket,
}

impl DmaBuf for Gpu {
    fn dup_fd(&self, plane: usize) -> io::Result<OwnedFd> {
        // Producers may pass one descriptor for all planes.
        let fd = self
            .planes
            .0
            .get(plane)
            .or(self.planes.0.first())
            .ok_or(io::ErrorKind::NotFound)?;
        fd.try_clone()
    }

    fn modifier(&self) -> u64 {
        self.modifier
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;

    fn file(len: usize) -> std::fs::File {
        let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
        let fd = rustix::fs::memfd_create("picture", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let mut file = std::fs::File::from(fd);
        file.write_all(&bytes).unwrap();
        file
    }

    #[test]
    fn a_mapping_shows_the_asked_bytes_also_when_they_start_inside_a_page() {
        let file = file(10_000);
        let mapping = Mapping::new(file.as_fd(), 5000, 3000).unwrap();
        assert_eq!(mapping.bytes().len(), 3000);
        assert!(
            mapping
                .bytes()
                .iter()
                .enumerate()
                .all(|(n, &byte)| byte == ((n + 5000) % 251) as u8)
        );
    }

    #[test]
    fn a_mapping_outlives_the_descriptor() {
        let file = file(4096);
        let mapping = Mapping::new(file.as_fd(), 0, 4096).unwrap();
        drop(file);
        assert_eq!(mapping.bytes()[250], 250);
    }

    #[test]
    fn memory_that_is_shorter_than_announced_is_refused() {
        let file = file(4096);
        assert!(Mapping::new(file.as_fd(), 0, 4097).is_err());
        assert!(Mapping::new(file.as_fd(), 4096, 1).is_err());
        assert!(Mapping::new(file.as_fd(), u32::MAX, u32::MAX).is_err());
        assert!(Mapping::new(file.as_fd(), 0, 0).is_err());
    }
}
