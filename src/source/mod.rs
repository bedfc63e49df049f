//! Briefs from a newsroom's own tables: a campaign's `[source]` is read in pages, each row is held against the
//! same rules as a line of a file, and each page is imported in one transaction with the position behind it.
//!
//! Reading starts a little before the position, and any row may come again: a brief with the same content
//! changes nothing. A page that another process has overtaken is read anew, so two pulls at once only do
//! some of the work twice. No transaction of this side is open while the source is asked.

mod error;
mod page;
mod pulled;

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use chrono::Utc;

use crate::domain::campaign::Source;
use crate::domain::secret::{SecretUrl, variable_shown};
use crate::intake::RowMap;
use crate::store::{CampaignRecord, PageOutcome, Reading, SourceConnection, Start, Store};

pub use error::PullError;
use page::Judged;
pub use pulled::{MOST_EXAMPLES, Pulled, PulledBrief};

/// How a source is pulled.
#[derive(Debug, Clone, Default)]
pub struct PullOptions {
    /// The source's address, instead of that in the campaign's environment variable.
    pub connection: Option<SecretUrl>,
    /// Most rows that are read.
    pub limit: Option<u64>,
    /// Whether all of it is read again, whatever was read before.
    pub from_start: bool,
    /// Whether nothing is written, here neither.
    pub dry_run: bool,
}

/// What a pull tells while it goes on.
#[derive(Debug)]
pub enum PullEvent<'a> {
    /// A page is in.
    Page(&'a Pulled),
    /// The source is down, and is asked again for so long.
    Down {
        /// Why.
        error: &'a PullError,
        /// How long the source is still asked again.
        left: Duration,
    },
}

/// Between two tries at a source that is down.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(5))
    .without_max_times();

/// Who listens to a pull.
pub type Listener<'a> = &'a (dyn Fn(PullEvent<'_>) + Send + Sync);

/// Pulls a campaign's source to its end. A failure is kept in `sources.last_error` and told; what was
/// imported until then stays.
///
/// # Errors
/// [`PullError`]; [`PullError::is_down`] says whether waiting may help.
pub async fn pull(
    store: &Store,
    campaign: &CampaignRecord,
    options: &PullOptions,
    listener: Listener<'_>,
) -> Result<Pulled, PullError> {
    let source = campaign.spec.source.as_ref().ok_or(PullError::NoSource)?;
    let outcome = read(store, campaign, source, options, listener).await;
    let failed = outcome
        .as_ref()
        .err()
        .filter(|error| !options.dry_run && error.is_about_source());
    if let Some(error) = failed {
        let kept = store
            .fail_pull(campaign.id, &source.sha256(), &error.problem(campaign))
            .await;
        if let Err(unkept) = kept {
            tracing::warn!(campaign = campaign.name, error = %unkept, "why the pull of {} failed was not kept", campaign.name);
        }
    }
    outcome
}

/// Pulls a campaign's source, and asks one that is down again and again until its `patience` ends.
///
/// # Errors
/// [`PullError`], that of the last attempt.
pub async fn pull_with_retries(
    store: &Store,
    campaign: &CampaignRecord,
    options: &PullOptions,
    retry_for: Duration,
    listener: Listener<'_>,
) -> Result<Pulled, PullError> {
    let until = Instant::now() + retry_for;
    let left = || until.saturating_duration_since(Instant::now());
    (|| pull(store, campaign, options, listener))
        .retry(PAUSES)
        .when(|error: &PullError| error.is_down() && !left().is_zero())
        .adjust(|_, pause| pause.map(|pause| pause.min(left())))
        .notify(|error, _| {
            let left = left();
            listener(PullEvent::Down { error, left });
        })
        .await
}

async fn read(
    store: &Store,
    campaign: &CampaignRecord,
    source: &Source,
    options: &PullOptions,
    listener: Listener<'_>,
) -> Result<Pulled, PullError> {
    let mut foreign = SourceConnection::connect(&address(source, options)?).await?;
    let outcome = pages(store, campaign, source, options, listener, &mut foreign).await;
    foreign.close().await;
    outcome
}

async fn pages(
    store: &Store,
    campaign: &CampaignRecord,
    source: &Source,
    options: &PullOptions,
    listener: Listener<'_>,
    foreign: &mut SourceConnection,
) -> Result<Pulled, PullError> {
    let (query, timeout) = (source.statement(), source.timeout.length());
    let columns = foreign.columns(query, &source.cursor, timeout).await?;
    let map = RowMap::new(source, &columns.names)?;
    let back = columns.check(map.wanted(), source.overlap(), source.overlap.is_some())?;
    let reading = Reading {
        query,
        cursor: &source.cursor,
        reference: map.reference(),
        columns: map.wanted(),
        timeout,
    };
    let spec = source.sha256();
    let (mut stored, began) = match (options.dry_run, options.from_start) {
        (true, true) => (None, Utc::now()),
        (true, false) => (store.source_position(campaign.id, &spec).await?, Utc::now()),
        (false, from_start) => store.begin_pull(campaign.id, &spec, from_start).await?,
    };
    let whole = stored.is_none();
    let mut start = match (&stored, back) {
        (None, _) => Start::Beginning,
        (Some(from), Some(by)) => Start::Back {
            from: from.clone(),
            by,
        },
        (Some(from), None) => Start::Behind(from.clone()),
    };
    let mut pulled = Pulled {
        unplaced: foreign.unplaced(&reading).await?,
        unused_columns: map.unused().to_vec(),
        ..Pulled::default()
    };
    loop {
        let left = options.limit.map_or(u64::MAX, |limit| limit - pulled.rows);
        let most = left.min(u64::from(source.page)) as usize;
        // One row more than the page: it tells whether there is another, and whether that repeats the last.
        let rows = foreign
            .page(
                &reading,
                &columns.kind,
                &start,
                stored.as_ref(),
                most as i64 + 1,
            )
            .await?;
        let judged = Judged::of(&map, &rows, most);
        if options.dry_run {
            judged.would_change(store, &mut pulled).await?;
        } else {
            let page = judged.page(stored.as_ref());
            match store.commit_page(campaign.id, &spec, &page).await? {
                PageOutcome::Imported(imported) => {
                    pulled.new += imported.new;
                    pulled.revised += imported.revised;
                    pulled.unchanged += imported.unchanged;
                    stored = page.next.or(page.expected);
                }
                PageOutcome::Moved(position) => {
                    stored = position;
                    continue;
                }
                PageOutcome::Replaced => return Err(PullError::Replaced),
            }
        }
        judged.count(&mut pulled);
        listener(PullEvent::Page(&pulled));
        let last = rows.get(most.wrapping_sub(1)).filter(|_| rows.len() > most);
        let Some(last) = last else {
            break;
        };
        if options.limit == Some(pulled.rows) {
            pulled.more = true;
            break;
        }
        start = Start::Behind(page::position(last));
    }
    if !options.dry_run {
        let whole = whole && !pulled.more;
        store
            .finish_pull(campaign.id, whole.then_some(began))
            .await?;
    }
    Ok(pulled)
}

fn address(source: &Source, options: &PullOptions) -> Result<SecretUrl, PullError> {
    if let Some(connection) = &options.connection {
        return Ok(connection.clone());
    }
    let variable = &source.connection_env;
    std::env::var(variable)
        .ok()
        .filter(|address| !address.trim().is_empty())
        .map(|address| SecretUrl::new(address.trim()))
        .ok_or_else(|| PullError::NoVariable {
            variable: variable_shown(variable).to_owned(),
        })
}
