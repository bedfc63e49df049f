//! `/metrics`: this process's own figures, and what the database knows, in the text format of Prometheus.
//!
//! Every role tells the database's figures, so that they are there whatever runs; they are the same from each,
//! so a query takes `max by (campaign)` of them and not `sum`. The only label without a fixed set of values is
//! the campaign, and a database tells at most some hundreds of them apart.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::Vitals;
use crate::store::{CampaignFigures, Figures};
use crate::web::cached::Cached;

/// The database's figures are at least this old before they are asked for again.
const KEPT: Duration = Duration::from_secs(5);

/// After this long the rest is told without them.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

type Real = Gauge<f64, AtomicU64>;
type RealCounter = Counter<f64, AtomicU64>;

/// What the database last told; `None` when it did not answer.
#[derive(Debug)]
pub(super) struct Metrics {
    figures: Cached<Option<Figures>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            figures: Cached::new(KEPT),
        }
    }
}

impl Metrics {
    /// The answer.
    pub(super) async fn text(&self, vitals: &Vitals) -> String {
        let figures = match vitals.store() {
            None => (None, Duration::ZERO),
            Some(store) => {
                let fetch = async {
                    let asked = tokio::time::timeout(ANSWERS_WITHIN, store.figures()).await;
                    // That it does not answer is a figure of its own, and in the role's log.
                    asked.ok()?.ok()
                };
                self.figures.get(fetch, Option::is_some).await
            }
        };
        let mut registry = Registry::with_prefix("nightdesk");
        own(&mut registry, vitals);
        databases(&mut registry, figures.0.as_ref(), figures.1);
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = prometheus_text::encode(&mut text, &registry);
        text
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Role {
    role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    campaign: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    campaign: String,
    state: &'static str,
}

/// What this process knows of itself.
fn own(registry: &mut Registry, vitals: &Vitals) {
    let version = env!("CARGO_PKG_VERSION");
    registry.register("build", "This binary", Info::new(Build { version }));
    let role = Role {
        role: vitals.role(),
    };
    let age: Family<Role, Real> = Family::default();
    age.get_or_create(&role)
        .set(vitals.health().age.as_secs_f64());
    registry.register_with_unit(
        "heartbeat_age",
        "Since the loop of this process last went round; /healthz holds it against its limit",
        Unit::Seconds,
        age,
    );
    if vitals.role() == "worker" {
        let tokens: Counter = Counter::default();
        tokens.inc_by(vitals.tokens());
        registry.register(
            "engine_tokens",
            "Tokens that the model of this process generated, those of unfinished and dropped texts included",
            tokens,
        );
        let trouble: Gauge = Gauge::default();
        trouble.set(vitals.trouble().len() as i64);
        registry.register(
            "worker_refused_runs",
            "Runs that this process cannot work on, for want of their model say",
            trouble,
        );
    }
}

/// What the database knows, the same from every process.
fn databases(registry: &mut Registry, figures: Option<&Figures>, age: Duration) {
    let up: Gauge = Gauge::default();
    up.set(i64::from(figures.is_some()));
    registry.register(
        "database_up",
        "Whether the database answered when it was last asked for the figures below",
        up,
    );
    let Some(figures) = figures else {
        return;
    };
    gauge(
        registry,
        "figures_age",
        "How old the figures from the database are",
        age.as_secs_f64(),
    );
    gauge(
        registry,
        "lease_overdue",
        "Since the oldest lease ran out that nobody has taken over yet, 0 without one",
        figures.lease_overdue_s,
    );
    let all: Gauge = Gauge::default();
    all.set(figures.campaigns);
    registry.register(
        "campaigns",
        "Campaigns in the database, those too many to be told apart included",
        all,
    );
    by_campaign(registry, &figures.by_campaign);
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Real::default();
    gauge.set(value);
    registry.register_with_unit(name, help, Unit::Seconds, gauge);
}

fn by_campaign(registry: &mut Registry, campaigns: &[CampaignFigures]) {
    type Figure<T> = fn(&CampaignFigures) -> T;
    let seconds: [(&str, &str, Figure<Option<f64>>); 2] = [
        (
            "campaign_lag",
            "How long the oldest ready item of the campaign has waited, 0 when none waits or it is paused",
            |of| Some(of.lag_s),
        ),
        (
            "campaign_slot_late",
            "How long after its instant the last slot fired",
            |of| of.slot_late_s,
        ),
    ];
    for (name, help, figure) in seconds {
        let family: Family<Of, Real> = Family::default();
        for of in campaigns {
            if let Some(value) = figure(of) {
                family.get_or_create(&label(of)).set(value);
            }
        }
        registry.register_with_unit(name, help, Unit::Seconds, family);
    }
    let flags: [(&str, &str, Figure<bool>); 2] = [
        ("campaign_paused", "Whether the campaign is paused", |of| {
            of.paused
        }),
        (
            "campaign_trouble",
            "Whether a slot of the campaign is due and cannot fire",
            |of| of.trouble,
        ),
    ];
    for (name, help, figure) in flags {
        let family: Family<Of, Gauge> = Family::default();
        for of in campaigns {
            family.get_or_create(&label(of)).set(i64::from(figure(of)));
        }
        registry.register(name, help, family);
    }
    let items: Family<InState, Gauge> = Family::default();
    let runs: Family<InState, Gauge> = Family::default();
    for of in campaigns {
        let set = |family: &Family<InState, Gauge>, state, value| {
            let campaign = of.campaign.clone();
            family
                .get_or_create(&InState { campaign, state })
                .set(value);
        };
        set(&items, "ready", of.ready);
        set(&items, "leased", of.leased);
        set(&items, "suspect", of.suspect);
        set(&items, "quarantined", of.quarantined);
        set(&runs, "open", of.runs_open);
        set(&runs, "parked", of.runs_parked);
    }
    registry.register(
        "items",
        "Briefs of open runs by state, and those given up of every run that still has its items",
        items,
    );
    registry.register(
        "runs",
        "Runs that have not ended, and those of them that are parked because everything failed",
        runs,
    );
    let counters: [(&str, &str, Figure<i64>); 4] = [
        ("drafts", "Drafts committed", |of| of.drafts),
        ("tokens", "Tokens of committed drafts", |of| of.tokens),
        (
            "stale_commits",
            "Results refused by the fence because somebody had taken the item over",
            |of| of.stale_commits,
        ),
        (
            "takeovers",
            "Leases that ran out and were taken over",
            |of| of.takeovers,
        ),
    ];
    for (name, help, figure) in counters {
        let family: Family<Of, Counter> = Family::default();
        for of in campaigns {
            let counted = figure(of).max(0).unsigned_abs();
            family.get_or_create(&label(of)).inc_by(counted);
        }
        registry.register(name, help, family);
    }
    let busy: Family<Of, RealCounter> = Family::default();
    for of in campaigns {
        busy.get_or_create(&label(of)).inc_by(of.busy_s);
    }
    registry.register_with_unit(
        "busy",
        "Time in which some worker drafted for the campaign; tokens by this is the speed of one",
        Unit::Seconds,
        busy,
    );
}

fn label(of: &CampaignFigures) -> Of {
    Of {
        campaign: of.campaign.clone(),
    }
}
