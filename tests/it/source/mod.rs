//! Briefs from a second real database, with a schema that is not ours.

mod newsroom;
mod paging;
mod pulls;
mod refusals;
mod scheduled;
mod types;

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::source::{PullError, PullOptions, Pulled, pull};
use nightdesk::store::CampaignRecord;
use sqlx::PgPool;

pub(crate) use newsroom::{NEWSROOM_SOURCE, Newsroom};

use crate::support::Desk;

/// A campaign that pulls from a newsroom, and both databases.
pub(crate) struct Pulling {
    pub(crate) desk: Desk,
    pub(crate) newsroom: Newsroom,
    /// How the campaign reaches the newsroom.
    pub(crate) url: String,
}

impl Pulling {
    pub(crate) async fn open(pool: PgPool) -> Self {
        let newsroom = Newsroom::beside(&pool.connect_options()).await;
        let url = newsroom.url();
        let desk = Desk::open(pool).await;
        let pulling = Self {
            desk,
            newsroom,
            url,
        };
        pulling.apply(NEWSROOM_SOURCE).await;
        pulling
    }

    /// Applies the campaign with this `[source]`.
    pub(crate) async fn apply(&self, source: &str) {
        let toml = format!(
            "name = \"wires\"\n{source}\n[draft]\ntemplate = \"news/explainer\"\nmodel = \"none\"\n"
        );
        let spec = CampaignSpec::parse(&toml, "wires.toml").expect("a campaign");
        self.desk.apply(&spec).await.expect("applied");
    }

    pub(crate) async fn campaign(&self) -> CampaignRecord {
        self.desk.store.campaign("wires").await.expect("a campaign")
    }

    pub(crate) fn options(&self) -> PullOptions {
        PullOptions {
            connection: Some(self.url.as_str().into()),
            ..PullOptions::default()
        }
    }

    pub(crate) async fn try_pull(&self) -> Result<Pulled, PullError> {
        let campaign = self.campaign().await;
        pull(&self.desk.store, &campaign, &self.options(), &|_| ()).await
    }

    /// Pulls, and gives `(rows, new, revised, unchanged, rejected)`.
    pub(crate) async fn pull(&self) -> (u64, u64, u64, u64, u64) {
        counts(&self.try_pull().await.expect("a pull"))
    }

    /// What a failing pull says.
    pub(crate) async fn refused(&self) -> String {
        let campaign = self.campaign().await;
        let error = self.try_pull().await.expect_err("a failure");
        let problem = error.problem(&campaign);
        format!("[{}] {problem}\n", problem.code)
    }

    /// Keys and revisions of all briefs.
    pub(crate) async fn briefs(&self) -> Vec<(String, i32)> {
        sqlx::query_as(
            "select external_ref, revision from briefs order by external_ref collate \"C\"",
        )
        .fetch_all(&self.desk.pool)
        .await
        .expect("briefs")
    }

    /// The keys that are rejected.
    pub(crate) async fn rejected(&self) -> Vec<String> {
        let campaign = self.campaign().await;
        let rejects = self.desk.store.source_rejects(campaign.id).await;
        let rejects = rejects.expect("rejects").into_iter();
        rejects.map(|reject| reject.external_ref).collect()
    }

    /// The value of the cursor that is stored.
    pub(crate) async fn cursor(&self) -> Option<String> {
        let campaign = self.campaign().await;
        let state = self.desk.store.source_state(campaign.id).await;
        state.expect("a state").and_then(|state| state.cursor)
    }
}

pub(crate) fn counts(pulled: &Pulled) -> (u64, u64, u64, u64, u64) {
    (
        pulled.rows,
        pulled.new,
        pulled.revised,
        pulled.unchanged,
        pulled.rejected,
    )
}
