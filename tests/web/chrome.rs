//! A real Chromium: its driver, its windows, and what is left of them when a test fails.

use std::fs::File;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use fantoccini::ClientBuilder;
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::page::Page;
use crate::support::until;

/// Where pictures are written.
pub(crate) fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/web")
}

/// The checker of pages, which scripts/setup-browser.sh fetches.
pub(crate) fn axe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".nightdesk/browser/axe-4.14.1.js")
}

/// What a test needs and this machine has not; nothing where `make test-web` or CI asked for the tests, so that they
/// run and fail.
pub(crate) fn missing(test: &str) -> Option<&'static str> {
    static DRIVER: LazyLock<bool> = LazyLock::new(|| {
        let mut driver = Command::new("chromedriver");
        let asked = driver.arg("--version").stdout(Stdio::null()).status();
        asked.is_ok()
    });
    let asked = ["NIGHTDESK_BROWSER", "CI"];
    if asked.iter().any(|name| std::env::var_os(name).is_some()) {
        return None;
    }
    if !*DRIVER {
        return Some("Chromium's driver is not installed");
    }
    let is_checked = test.starts_with("accessible::");
    (is_checked && !axe().is_file()).then_some("axe-core is not there")
}

/// A driver of this test's own, and the windows it has opened.
pub(crate) struct Chrome {
    name: String,
    driver: Child,
    address: String,
    windows: Mutex<Vec<Page>>,
    _folder: tempfile::TempDir,
}

impl Chrome {
    /// Starts the driver.
    ///
    /// # Panics
    /// Where there is none.
    pub(crate) async fn start(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let told = folder.path().join("driver");
        let output = File::create(&told).expect("a file");
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium's driver (scripts/setup-browser.sh)");
        let port = until("the driver's port", async || {
            let told = std::fs::read_to_string(&told).ok()?;
            let (_, port) = told.split_once("started successfully on port ")?;
            let (port, _) = port.split_once('.')?;
            Some(port.to_owned())
        });
        let port = port.await;
        Self {
            name: name.to_owned(),
            driver,
            address: format!("http://127.0.0.1:{port}"),
            windows: Mutex::default(),
            _folder: folder,
        }
    }

    /// A window with a profile of its own: somebody else at another machine.
    pub(crate) async fn window(&self, desk: &str) -> Page {
        let args = [
            "--headless=new",
            // A container's root may not use the sandbox, and has a small /dev/shm.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            // A mouse, as at a desk: without one the page hides its hints of keys.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
            "--force-device-scale-factor=1",
            "--lang=en-US",
            "--window-size=1280,900",
            // The browser ends with its driver, even when the test is killed.
            "--remote-debugging-pipe",
        ];
        let capabilities = json!({
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
            // A dialog stays, so that a test sees it.
            "unhandledPromptBehavior": "ignore",
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().unwrap_or_default())
            .connect(&self.address)
            .await
            .expect("a window");
        let page = Page::of(client, desk);
        page.wide(1280).await;
        let mut windows = self.windows.lock().expect("windows");
        windows.push(page.clone());
        page
    }

    /// Runs a test and closes its windows; a failed one leaves a picture and the page's source in
    /// target/web/failed.
    pub(crate) async fn run(&self, test: impl Future<Output = ()>) {
        let ended = AssertUnwindSafe(test).catch_unwind().await;
        let windows = std::mem::take(&mut *self.windows.lock().expect("windows"));
        for (number, page) in windows.into_iter().enumerate() {
            if ended.is_err() {
                let folder = pictures().join("failed");
                page.leave(&folder, &format!("{}-{number}", self.name))
                    .await;
            }
            page.close().await;
        }
        if let Err(panic) = ended {
            resume_unwind(panic);
        }
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
