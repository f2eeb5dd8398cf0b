// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast receive`: be a Cast device until interrupted, in a window or headless.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::args::{Accept, ReceiveArguments, StatsFormat};
use super::print;
use super::signals::Signals;
use super::viewer::TerminalViewer;
use crate::engine::{
    AcceptPolicy, Engine, Picture, ReceiverHandle, ReceiverOptions, ReceiverState,
};
use crate::words;

/// Runs the receiver: with a window on this thread, or without one.
pub fn run(runtime: &Runtime, arguments: &ReceiveArguments) -> anyhow::Result<()> {
    check_snapshot(arguments.snapshot.as_deref())?;
    #[cfg(feature = "gui")]
    if !arguments.headless {
        use crate::ui::receiver_window::ReceiverWindow;

        match ReceiverWindow::new() {
            Ok(window) => return with_window(runtime, arguments, window),
            Err(error) => tracing::debug!(%error, "headless"),
        }
    }
    runtime.block_on(async {
        let signals = signals()?;
        // Without a window the computer is a device like others: nobody sits in front of it to be asked.
        let accept = policy(arguments.accept.unwrap_or(Accept::Any));
        let handle = start(ReceiverOptions {
            accept,
            viewer: (accept == AcceptPolicy::Ask).then(|| Arc::new(TerminalViewer::start()) as _),
            ..options(arguments)
        })
        .await?;
        serve(handle, arguments, signals, std::future::pending()).await
    })
}

#[cfg(feature = "gui")]
fn with_window(
    runtime: &Runtime,
    arguments: &ReceiveArguments,
    window: crate::ui::receiver_window::ReceiverWindow,
) -> anyhow::Result<()> {
    let screen = window.screen();
    let signals = runtime.block_on(async { signals() })?;
    let handle = runtime.block_on(start(ReceiverOptions {
        accept: policy(arguments.accept.unwrap_or(Accept::Ask)),
        viewer: Some(screen.clone()),
        screen: Some(screen.clone()),
        ..options(arguments)
    }))?;
    let (closed, wait_closed) = tokio::sync::oneshot::channel::<()>();
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| {
            let result = runtime.block_on(serve(handle, arguments, signals, async move {
                // An error means that the window's side is gone: closed as well.
                wait_closed.await.unwrap_or_default();
            }));
            screen.quit();
            result
        });
        window.run(&name(arguments));
        drop(closed);
        serving
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the receiver's thread failed")))
    })
}

fn signals() -> anyhow::Result<Signals> {
    Signals::new().map_err(|error| anyhow::anyhow!(words::system_failed(&error)))
}

fn name(arguments: &ReceiveArguments) -> String {
    let host = || {
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned()
    };
    arguments.name.clone().unwrap_or_else(host)
}

fn options(arguments: &ReceiveArguments) -> ReceiverOptions {
    let defaults = ReceiverOptions::default();
    ReceiverOptions {
        name: name(arguments),
        listen: arguments.listen.unwrap_or(defaults.listen),
        port: arguments.port,
        measure: arguments.measure,
        credentials: arguments.credentials.clone(),
        ..defaults
    }
}

fn policy(accept: Accept) -> AcceptPolicy {
    match accept {
        Accept::Ask => AcceptPolicy::Ask,
        Accept::Known => AcceptPolicy::Known,
        Accept::Any => AcceptPolicy::Any,
    }
}

async fn start(options: ReceiverOptions) -> anyhow::Result<ReceiverHandle> {
    Engine::receive(options)
        .await
        .map_err(|error| anyhow::anyhow!(words::receiver_failed(&error)))
}

/// Says where it listens, prints the numbers and writes the snapshots until `closed`, an interrupt or the end of the time.
async fn serve(
    handle: ReceiverHandle,
    arguments: &ReceiveArguments,
    mut signals: Signals,
    closed: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    print::note(&words::listening(&name(arguments), handle.address()));
    let mut stats = handle.stats();
    let time = async {
        match arguments.duration {
            Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(time, closed);
    let mut written = None;
    let result = loop {
        tokio::select! {
            // In this order: writing a snapshot may take as long as the next numbers, and the wish to end must not wait.
            biased;
            () = signals.next() => break Ok(()),
            () = &mut time => break Ok(()),
            () = &mut closed => break Ok(()),
            changed = stats.changed() => {
                if changed.is_err() {
                    break Err(anyhow::anyhow!(words::receiver_ended()));
                }
                let numbers = stats.borrow_and_update().clone();
                // People need no line a second about nothing; programs get every object.
                let quiet = arguments.stats == StatsFormat::Text && numbers.state == ReceiverState::Idle;
                let text = || words::receiving(&numbers);
                if !quiet && let Err(error) = print::numbers(arguments.stats, &numbers, text) {
                    break Err(error.into());
                }
                if let Err(error) = snapshot(&handle, arguments.snapshot.as_deref(), &mut written).await {
                    break Err(error);
                }
            }
        }
    };
    let last = snapshot(&handle, arguments.snapshot.as_deref(), &mut written).await;
    handle.stop().await;
    result.and(last)
}

/// Writes the last picture, if there is one and it was not `written` before, beside the file and renames it: a reader
/// never sees half a picture.
async fn snapshot(
    handle: &ReceiverHandle,
    file: Option<&Path>,
    written: &mut Option<Instant>,
) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let Some(picture) = handle.snapshot_other_than(*written) else {
        return Ok(());
    };
    *written = Some(picture.show_at);
    let file = file.to_owned();
    tokio::task::spawn_blocking(move || {
        write_png(&file, &picture).map_err(|error| not_written(&file, &error))
    })
    .await?
}

/// Finds out before anybody casts whether a snapshot can be written.
fn check_snapshot(file: Option<&Path>) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let beside = beside(file);
    fs::File::create(&beside)
        .and_then(|_| fs::remove_file(&beside))
        .map_err(|error| not_written(file, &error))
}

fn not_written(file: &Path, problem: &dyn std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!(words::snapshot_failed(file, &problem.to_string()))
}

fn beside(file: &Path) -> PathBuf {
    let mut beside = file.to_owned();
    beside.as_mut_os_string().push(".new");
    beside
}

fn write_png(file: &Path, picture: &Picture) -> Result<(), png::EncodingError> {
    let beside = beside(file);
    let out = BufWriter::new(fs::File::create(&beside)?);
    let mut encoder = png::Encoder::new(out, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.rgba)?;
    writer.finish()?;
    Ok(fs::rename(&beside, file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_a_readable_picture() {
        let file =
            std::env::temp_dir().join(format!("telecast-snapshot-{}.png", std::process::id()));
        let rgba = bytes::Bytes::from_static(&[10, 20, 30, 255, 200, 100, 50, 255]);
        let picture = Picture {
            width: 2,
            height: 1,
            rgba: rgba.clone(),
            show_at: Instant::now(),
        };
        write_png(&file, &picture).expect("written");
        let decoder = png::Decoder::new(std::io::BufReader::new(
            fs::File::open(&file).expect("there"),
        ));
        let mut reader = decoder.read_info().expect("a picture");
        let mut pixels = vec![0; 8];
        reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!(pixels, rgba);
        fs::remove_file(&file).expect("removed");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_before_anybody_casts() {
        let nowhere = Path::new("/nonexistent/a.png");
        let error = check_snapshot(Some(nowhere)).expect_err("refused");
        assert!(error.to_string().contains("/nonexistent/a.png"), "{error}");
        let picture = Picture {
            width: 1,
            height: 1,
            rgba: bytes::Bytes::from_static(&[0; 4]),
            show_at: Instant::now(),
        };
        write_png(nowhere, &picture).expect_err("refused as well");
        assert!(check_snapshot(None).is_ok());
    }
}
