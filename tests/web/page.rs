//! A window as somebody uses it: keys, what stands on the page, what the console says.

use std::path::Path;

use axum::http::Method;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::support::until;

/// Keys without a character, as WebDriver names them.
pub(crate) const ENTER: char = '\u{E007}';
pub(crate) const ESCAPE: char = '\u{E00C}';
pub(crate) const TAB: char = '\u{E004}';
pub(crate) const DOWN: char = '\u{E015}';
const CONTROL: char = '\u{E009}';

/// A window.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    client: Client,
    desk: String,
}

/// A command that only Chromium's driver has.
#[derive(Debug)]
struct ToChrome(&'static str, Value);

impl WebDriverCompatibleCommand for ToChrome {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

impl Page {
    pub(crate) fn of(client: Client, desk: &str) -> Self {
        Self {
            client,
            desk: desk.trim_end_matches('/').to_owned(),
        }
    }

    /// Opens an address of the desk.
    pub(crate) async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.desk);
        self.client.goto(&address).await.expect("a page");
    }

    /// Has a script run at the beginning of every page that is opened from now on, before any of the page's own.
    pub(crate) async fn before_each_page(&self, script: &str) {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
    }

    /// Signs in, by the keyboard.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) {
        self.open("/login").await;
        self.until("document.activeElement.name === 'name'").await;
        self.keys(name).await;
        self.key(TAB).await;
        self.keys(password).await;
        self.key(ENTER).await;
        self.until("location.pathname !== '/login'").await;
    }

    /// Waits until a key reaches the page, as somebody does who sees it.
    ///
    /// A form's answer is another document. Chromium gives it no key before it was first painted, which on a busy
    /// machine is long after it is loaded; and the page says itself when its keys do something.
    async fn listens(&self) {
        self.until(
            "document.documentElement.dataset.keys === 'ready' && document.hasFocus()
             && performance.getEntriesByType('paint').length > 0",
        )
        .await;
    }

    /// Presses one key.
    pub(crate) async fn key(&self, key: char) {
        self.keys(&key.to_string()).await;
    }

    /// Presses keys one after the other, faster than anybody could.
    pub(crate) async fn keys(&self, keys: &str) {
        self.listens().await;
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            actions = actions
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.expect("keys");
    }

    /// Ctrl and a key.
    pub(crate) async fn control(&self, value: char) {
        self.listens().await;
        let actions = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: CONTROL })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value })
            .then(KeyAction::Up { value: CONTROL });
        self.client.perform_actions(actions).await.expect("keys");
    }

    /// Clicks what a CSS selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        found.click().await.expect("a click");
    }

    /// What a JavaScript expression is.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        self.try_eval(expression).await.expect("a value")
    }

    async fn try_eval(&self, expression: &str) -> Result<Value, fantoccini::error::CmdError> {
        let script = format!("return ({expression});");
        self.client.execute(&script, Vec::new()).await
    }

    /// What a promise becomes.
    pub(crate) async fn settle(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; ({promise}).then(done, (error) => done(String(error)));"
        );
        let settled = self.client.execute_async(&script, Vec::new()).await;
        settled.expect("a value")
    }

    /// Runs a script of many lines.
    pub(crate) async fn run(&self, script: &str) {
        self.client.execute(script, Vec::new()).await.expect("run");
    }

    /// Waits until a JavaScript expression is true; between two pages it is not.
    pub(crate) async fn until(&self, expression: &str) {
        until(expression, async || {
            (self.try_eval(expression).await.ok()? == json!(true)).then_some(())
        })
        .await;
    }

    /// Waits until a text stands on a page that has finished loading.
    pub(crate) async fn shows(&self, text: &str) {
        let text = Value::from(text);
        self.until(&format!(
            "document.readyState === 'complete' && document.body.innerText.includes({text})"
        ))
        .await;
    }

    /// The text that stands on it.
    pub(crate) async fn text(&self) -> String {
        self.string("document.body.innerText").await
    }

    /// What an expression is, as text.
    pub(crate) async fn string(&self, expression: &str) -> String {
        let value = self.eval(expression).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Path and fragment of its address.
    pub(crate) async fn path(&self) -> String {
        self.string("location.pathname").await
    }

    /// One page back.
    pub(crate) async fn back(&self) {
        self.client.back().await.expect("a page");
    }

    /// The text of an open dialog of the browser.
    pub(crate) async fn dialog(&self) -> Option<String> {
        self.client.get_alert_text().await.ok()
    }

    /// Complaints since the last call: errors, and whatever the content security policy refused.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.chrome("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let bad = entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        bad.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Makes it so many pixels wide.
    pub(crate) async fn wide(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Light or dark, as the reader's machine asks for it.
    pub(crate) async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let command = json!({ "cmd": command, "params": parameters });
        self.chrome("goog/cdp/execute", command).await;
    }

    async fn chrome(&self, command: &'static str, body: Value) -> Value {
        let answer = self.client.issue_cmd(ToChrome(command, body)).await;
        answer.expect("an answer")
    }

    /// A picture of what is seen.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a picture")
    }

    /// Writes down how it looks, for whoever reads a failure.
    pub(crate) async fn leave(&self, folder: &Path, name: &str) {
        let _ = std::fs::create_dir_all(folder);
        if let Ok(picture) = self.client.screenshot().await {
            let _ = std::fs::write(folder.join(format!("{name}.png")), picture);
        }
        if let Ok(source) = self.client.source().await {
            let _ = std::fs::write(folder.join(format!("{name}.html")), source);
        }
    }

    pub(crate) async fn close(self) {
        let _ = self.client.close().await;
    }
}
