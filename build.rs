// SPDX-License-Identifier: GPL-3.0-or-later
//! Compiles the protobuf messages of `proto/` into Rust, without a protoc; the settings' schema, so that the program runs
//! where it was built; the translations, for the same reason; and what the window needs besides its templates, as one
//! resource.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Command;

const PROTOS: [&str; 3] = [
    "proto/cast_channel.proto",
    "proto/device_auth.proto",
    "proto/revocation.proto",
];
const SCHEMA: &str = "io.github.telecast.Telecast.gschema.xml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    println!("cargo:rustc-check-cfg=cfg(cast_alone)");
    if env::var_os("CARGO_CFG_CAST_ALONE").is_none() {
        let out = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
        compile_schema(Path::new(&out))?;
        compile_translations(Path::new(&out))?;
        if env::var_os("CARGO_FEATURE_GUI").is_some() {
            compile_resources(Path::new(&out))?;
        }
    }
    Ok(())
}

fn compile_schema(out: &Path) -> Result<(), Box<dyn Error>> {
    let source = Path::new("data").join(SCHEMA);
    println!("cargo:rerun-if-changed={}", source.display());
    let folder = out.join("schemas");
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(&source, folder.join(SCHEMA))?;
    run(Command::new("glib-compile-schemas")
        .arg("--strict")
        .arg(&folder))
}

/// As `make install` does it for all of them.
fn compile_translations(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=po");
    let languages = std::fs::read_to_string("po/LINGUAS")?;
    for language in languages.lines().filter(|line| !line.starts_with('#')) {
        let folder = out.join("locale").join(language).join("LC_MESSAGES");
        std::fs::create_dir_all(&folder)?;
        run(Command::new("msgfmt")
            .arg("--output-file")
            .arg(folder.join("telecast.mo"))
            .arg(format!("po/{language}.po")))?;
    }
    Ok(())
}

fn compile_resources(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=data/resources");
    println!("cargo:rerun-if-changed=data/icons");
    run(Command::new("glib-compile-resources")
        .args(["--sourcedir", "data", "--target"])
        .arg(out.join("telecast.gresource"))
        .arg("data/resources/telecast.gresource.xml"))
}

/// Runs one of the compilers that come with `GLib` or gettext.
fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}").into())
    }
}
