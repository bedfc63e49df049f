//! Which briefs a run takes, and in which order.

use std::time::Duration;

use nightdesk::domain::brief::{Brief, BriefKind};
use nightdesk::domain::campaign::{CampaignSpec, Redraft, Select};
use nightdesk::domain::run::FailureKind;
use sqlx::PgPool;

use crate::support::{Desk, brief, campaign, failed};

/// What a new run with this selection takes, in its order.
async fn chosen(desk: &Desk, select: Select) -> Vec<String> {
    let spec = CampaignSpec {
        select: Select {
            redraft: Redraft::Always,
            ..select
        },
        ..campaign("selecting")
    };
    desk.apply(&spec).await.expect("applied");
    let campaign = desk.store.campaign(&spec.name).await.expect("a campaign");
    let counted = desk.store.selected(Some(campaign.id), &spec.select).await;
    let run = desk.try_open_run(&spec, true).await.expect("a run");
    assert_eq!(
        counted.expect("a count").takes,
        run.items,
        "the count said so"
    );
    desk.items(run.id)
        .await
        .into_iter()
        .map(|item| item.external_ref)
        .collect()
}

#[sqlx::test(migrations = "./migrations")]
async fn priority_goes_before_due_time_and_due_time_before_age(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let due = |hours: u64| Some(desk.now() + Duration::from_hours(hours));
    desk.import(&[brief("old")]).await;
    desk.import(&[brief("young")]).await;
    desk.import(&[Brief {
        due_at: due(5),
        ..brief("due later")
    }])
    .await;
    desk.import(&[Brief {
        due_at: due(2),
        ..brief("due soon")
    }])
    .await;
    desk.import(&[Brief {
        priority: 9,
        ..brief("important")
    }])
    .await;
    desk.import(&[Brief {
        priority: -1,
        due_at: due(1),
        ..brief("unimportant")
    }])
    .await;
    let order = [
        "important",
        "due soon",
        "due later",
        "old",
        "young",
        "unimportant",
    ];
    assert_eq!(chosen(&desk, Select::default()).await, order);
    let limit = Some(2);
    assert_eq!(
        chosen(
            &desk,
            Select {
                limit,
                ..Select::default()
            }
        )
        .await,
        order[..2]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn every_filter_narrows_the_selection(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let tags = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    desk.import(&[
        Brief {
            kind: BriefKind::Fiction,
            ..brief("story")
        },
        Brief {
            language: "et".into(),
            ..brief("lugu")
        },
        Brief {
            priority: 5,
            ..brief("urgent")
        },
        Brief {
            tags: tags(&["sport"]),
            ..brief("match_1")
        },
        Brief {
            tags: tags(&["sport", "local"]),
            ..brief("matchX1")
        },
    ])
    .await;
    let any = Select::default;
    let fiction = Select {
        kind: Some(BriefKind::Fiction),
        ..any()
    };
    assert_eq!(chosen(&desk, fiction).await, ["story"]);
    let estonian = Select {
        language: Some("et".into()),
        ..any()
    };
    assert_eq!(chosen(&desk, estonian).await, ["lugu"]);
    assert_eq!(
        chosen(
            &desk,
            Select {
                priority: Some(5),
                ..any()
            }
        )
        .await,
        ["urgent"]
    );
    let sport = Select {
        tags: tags(&["sport"]),
        ..any()
    };
    assert_eq!(chosen(&desk, sport).await, ["match_1", "matchX1"]);
    let both = Select {
        tags: tags(&["local", "sport"]),
        ..any()
    };
    assert_eq!(chosen(&desk, both).await, ["matchX1"], "all of the tags");
    let pattern = |glob: &str| Select {
        external_ref: Some(glob.into()),
        ..any()
    };
    assert_eq!(
        chosen(&desk, pattern("match_*")).await,
        ["match_1"],
        "`_` stands for itself"
    );
    assert_eq!(chosen(&desk, pattern("*u*")).await, ["urgent", "lugu"]);
    assert_eq!(
        chosen(&desk, pattern("stor")).await,
        [""; 0],
        "the whole key"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn embargoed_and_expired_briefs_are_never_taken(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (hour, now) = (Duration::from_hours(1), desk.now());
    desk.import(&[
        Brief {
            embargo_until: Some(now + hour),
            ..brief("embargoed")
        },
        Brief {
            expires_at: Some(now + hour),
            ..brief("expiring")
        },
    ])
    .await;
    assert_eq!(chosen(&desk, Select::default()).await, ["expiring"]);
    // At that very instant one begins and the other ends.
    desk.pass(hour - (desk.now() - now).to_std().unwrap());
    assert_eq!(chosen(&desk, Select::default()).await, ["embargoed"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_is_drafted_again_as_redraft_says(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("same"), brief("revised")]).await;
    for redraft in [Redraft::Changed, Redraft::Never, Redraft::Always] {
        draft_all(&desk, redraft).await;
    }
    desk.import(&[
        Brief {
            topic: "news about it".into(),
            ..brief("revised")
        },
        brief("new"),
    ])
    .await;
    assert_eq!(draft_all(&desk, Redraft::Changed).await, ["revised", "new"]);
    assert_eq!(draft_all(&desk, Redraft::Changed).await, [""; 0]);
    assert_eq!(draft_all(&desk, Redraft::Never).await, ["new"]);
    assert_eq!(draft_all(&desk, Redraft::Never).await, [""; 0]);
    assert_eq!(
        draft_all(&desk, Redraft::Always).await,
        ["same", "revised", "new"]
    );
    assert_eq!(
        draft_all(&desk, Redraft::Always).await,
        ["same", "revised", "new"]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_quarantined_or_left_by_a_cancelled_run_is_taken_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.commit(
        run,
        &lease,
        &[failed(&lease.items[0], FailureKind::Permanent)],
    )
    .await;
    // `b-00` was given up; `b-01` waits in the run that the new one cancels.
    let second = desk.try_open_run(&campaign("nightly"), true).await.unwrap();
    let taken: Vec<_> = desk
        .items(second.id)
        .await
        .into_iter()
        .map(|item| item.external_ref)
        .collect();
    assert_eq!(taken, ["b-00", "b-01"]);
    let other = desk.open_run(&campaign("another")).await;
    assert_eq!(other.items, 2, "another campaign has drafted nothing yet");
}

/// Runs the campaign of that `redraft` to its end; gives what it took.
async fn draft_all(desk: &Desk, redraft: Redraft) -> Vec<String> {
    let spec = CampaignSpec {
        select: Select {
            redraft,
            ..Select::default()
        },
        ..campaign(&format!("{redraft:?}").to_lowercase())
    };
    desk.apply(&spec).await.expect("applied");
    let campaign = desk.store.campaign(&spec.name).await.expect("a campaign");
    let counted = desk.store.selected(Some(campaign.id), &spec.select).await;
    let counted = counted.expect("a count");
    let reasons = counted.embargoed + counted.expired + counted.drafted;
    assert_eq!(counted.matching, counted.open + reasons);
    let opened = desk.open_run(&spec).await;
    assert_eq!(counted.takes, opened.items, "the count said so");
    let run = opened.id;
    desk.draft_all(run).await;
    desk.audit(run).await;
    desk.items(run)
        .await
        .into_iter()
        .map(|item| item.external_ref)
        .collect()
}
