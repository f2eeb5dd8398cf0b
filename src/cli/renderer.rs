// SPDX-License-Identifier: GPL-3.0-or-later
//! What draws the window on a machine without a graphics processor. Input: the device files; output: this program again, with
//! GTK told to draw with Cairo.
//!
//! Otherwise GTK takes OpenGL, and Mesa emulates that with a compiler: 115 MB of memory and tens of milliseconds for each
//! window (`docs/benchmarks.md`), for pictures that Cairo paints as well. GTK reads its choice from the environment alone, and the
//! environment of a process that runs can't be changed safely; so the program begins anew, before it has done anything.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// What GTK reads.
const VARIABLE: &str = "GSK_RENDERER";
/// Where graphics processors are: Linux' own drivers, NVIDIA's, and Windows' for its Linux subsystem.
const DRIVERS: &str = "/dev/dri";
const OTHERS: [&str; 2] = ["/dev/nvidiactl", "/dev/dxg"];

/// Begins the program anew where it draws better without OpenGL; comes back where nothing is to be done or that fails.
pub fn choose() {
    if std::env::var_os(VARIABLE).is_some() || has_gpu(Path::new(DRIVERS), &OTHERS) {
        return;
    }
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let mut again = Command::new("/proc/self/exe");
    again
        .arg0(name.as_deref().unwrap_or(OsStr::new("telecast")))
        .args(arguments)
        .env(VARIABLE, "cairo");
    // It comes back only when it failed.
    let error = again.exec();
    tracing::info!(%error, "GTK chooses what draws the window");
}

/// Whether a driver offers drawing: a device that only shows pictures (`card0`) does not.
fn has_gpu(drivers: &Path, others: &[&str]) -> bool {
    let renders = fs::read_dir(drivers).is_ok_and(|mut files| {
        files.any(|file| {
            file.is_ok_and(|file| file.file_name().as_encoded_bytes().starts_with(b"renderD"))
        })
    });
    renders || others.iter().any(|other| Path::new(other).exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn only_a_device_that_draws_is_a_graphics_processor() {
        let folder = std::env::temp_dir().join(format!("telecast-gpu-{}", std::process::id()));
        let (drivers, other) = (folder.join("dri"), folder.join("nvidiactl"));
        let others = [other.to_str().expect("a name in ASCII")];
        let has_gpu = || super::has_gpu(&drivers, &others);
        assert!(!has_gpu(), "no drivers at all");
        fs::create_dir_all(&drivers).expect("made");
        fs::write(drivers.join("card0"), "").expect("written");
        assert!(!has_gpu(), "one that only shows");
        fs::write(drivers.join("renderD128"), "").expect("written");
        assert!(has_gpu(), "one that draws");
        fs::remove_dir_all(&drivers).expect("removed");
        assert!(!has_gpu(), "gone");
        fs::write(&other, "").expect("written");
        assert!(has_gpu(), "another driver's");
        fs::remove_dir_all(&folder).expect("removed");
    }
}
