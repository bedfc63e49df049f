//! A run's progress as server-sent events: one look at the database a second, however many watch.
//!
//! Every event says all there is to say, so a browser that lost the connection needs nothing of what it missed: it
//! comes back with `Last-Event-ID` and gets the present state. A stream ends with the run, or after ten minutes, when
//! the browser comes back and shows its session again.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use tokio::sync::watch;
use uuid::Uuid;

use super::progress::Progress;
use crate::domain::run::Run;
use crate::store::Store;
use crate::web::desk::error_page::ErrorPage;
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Between two looks at a run.
const EVERY: Duration = Duration::from_secs(1);
/// Events of one stream. The session is looked at when it begins, so it must not go on for a whole night.
const MOST_EVENTS: usize = 600;
/// The id of the last event: a browser that comes back with it has seen the end.
const END: &str = "end";

/// The runs that somebody watches.
#[derive(Debug, Default)]
pub(super) struct Watch {
    runs: Mutex<HashMap<Uuid, watch::Sender<Arc<Run>>>>,
}

impl Watch {
    /// Joins whoever watches the run, or begins to look at it.
    fn follow(self: &Arc<Self>, store: &Store, run: Run) -> watch::Receiver<Arc<Run>> {
        let mut runs = self.runs();
        if let Some(sender) = runs.get(&run.id) {
            return sender.subscribe();
        }
        let id = run.id;
        let (sender, receiver) = watch::channel(Arc::new(run));
        runs.insert(id, sender.clone());
        tokio::spawn(look(Arc::clone(self), store.clone(), id, sender));
        receiver
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<Arc<Run>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at a run until it ends, nobody watches, or the database does not answer; browsers come back by themselves.
async fn look(watch: Arc<Watch>, store: Store, id: Uuid, sender: watch::Sender<Arc<Run>>) {
    loop {
        tokio::time::sleep(EVERY).await;
        {
            // Under the lock: nobody joins between the look and the end.
            let mut runs = watch.runs();
            if sender.receiver_count() == 0 {
                runs.remove(&id);
                return;
            }
        }
        let run = match store.run(&id.to_string()).await {
            Ok(run) => run,
            Err(error) => {
                tracing::warn!(run = %id, "watching a run: {error}");
                break;
            }
        };
        let over = run.state.is_final();
        sender.send_replace(Arc::new(run));
        if over {
            break;
        }
    }
    watch.runs().remove(&id);
}

pub(super) async fn events(
    State(state): State<Arc<WebState>>,
    Extension(watch): Extension<Arc<Watch>>,
    viewer: Viewer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ErrorPage> {
    // What tells a browser not to come back.
    if headers.get("last-event-id").is_some_and(|id| id == END) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let run = state.store.run(&id).await;
    let run = run.map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    let watched = if run.state.is_final() {
        // Its sender is gone at once: the one event is the last.
        watch::channel(Arc::new(run)).1
    } else {
        watch.follow(&state.store, run)
    };
    let events = Sse::new(progress(watched)).keep_alive(KeepAlive::default());
    // A proxy that collects a page before it passes it on would hold everything back until the run ends.
    Ok(([("x-accel-buffering", "no")], events).into_response())
}

/// The state now, and every other one until the last.
fn progress(
    watched: watch::Receiver<Arc<Run>>,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    stream::unfold(Some((watched, 0)), async |place| {
        let (mut watched, sent) = place?;
        if sent == MOST_EVENTS || sent > 0 && watched.changed().await.is_err() {
            return None;
        }
        let run = Arc::clone(&watched.borrow_and_update());
        let over = run.state.is_final();
        let next = (!over).then_some((watched, sent + 1));
        Some((Ok(event(&run, over)), next))
    })
}

fn event(run: &Run, over: bool) -> Event {
    let told = serde_json::to_string(&Progress::of(run)).unwrap_or_default();
    let counts = run.counts;
    let event = Event::default().data(told);
    if over {
        return event.event("end").id(END);
    }
    event
        .event("progress")
        .id(format!(
            "{}-{}-{}",
            counts.done, counts.quarantined, run.drafts
        ))
        .retry(EVERY * 3)
}
