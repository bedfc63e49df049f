//! The rows of one page, judged: briefs, rejections, and the position behind them.

use std::collections::HashMap;

use chrono::Utc;

use super::{MOST_EXAMPLES, Pulled, PulledBrief};
use crate::domain::brief::Brief;
use crate::intake::{Cleaned, Field, RowMap, RowRejection};
use crate::store::{Page, Position, SourceReject, SourceRow, Store, StoreError};

/// What the rows of a page are.
#[derive(Debug, Default)]
pub(super) struct Judged {
    rows: u64,
    briefs: Vec<(Brief, Vec<Cleaned>)>,
    rejected: Vec<SourceReject>,
    /// Keys under which earlier rejections of the briefs would stand.
    passed: Vec<String>,
    next: Option<Position>,
}

impl Judged {
    /// Judges the first `most` rows. What is behind them only says whether the last of them is repeated.
    pub(super) fn of(map: &RowMap, rows: &[SourceRow], most: usize) -> Self {
        let fields: Vec<Vec<Field>> = rows.iter().map(fields).collect();
        let briefs: Vec<_> = fields.iter().map(|fields| map.brief(fields)).collect();
        let key = |at: usize| match &briefs[at] {
            Ok((brief, _)) => brief.external_ref.as_str(),
            Err(_) => rows[at].reference.trim(),
        };
        let mut first: HashMap<&str, usize> = HashMap::new();
        // Rows of one page are of one moment, so a key that is there twice is no row that changed meanwhile.
        let mut repeated: HashMap<&str, ()> = HashMap::new();
        for at in 0..rows.len() {
            let before = *first.entry(key(at)).or_insert(at);
            if before != at && !same(&briefs[before], &briefs[at]) {
                repeated.insert(key(at), ());
            }
        }
        let mut judged = Self::default();
        let own = rows.len().min(most);
        judged.rows = own as u64;
        let mut kept = Vec::new();
        for at in 0..own {
            let reject = |rejection: &RowRejection| {
                let now = Utc::now();
                SourceReject {
                    external_ref: SourceReject::key_of(&rows[at].reference),
                    code: rejection.code.to_owned(),
                    key: rejection.key.clone(),
                    message: rejection.message.clone(),
                    hint: rejection.hint.clone(),
                    raw: map.kept(&fields[at]),
                    first_seen_at: now,
                    last_seen_at: now,
                }
            };
            match &briefs[at] {
                _ if repeated.contains_key(key(at)) => {
                    judged.rejected.push(reject(&RowRejection::repeated()));
                }
                Err(rejection) => judged.rejected.push(reject(rejection)),
                // The same row again, as a join without need gives it.
                Ok(_) if first.get(key(at)) != Some(&at) => {}
                Ok(_) => {
                    judged
                        .passed
                        .push(SourceReject::key_of(&rows[at].reference));
                    kept.push(at);
                }
            }
        }
        let place = |row: &&SourceRow| !row.known && !row.ahead;
        judged.next = rows[..own].iter().rev().find(place).map(position);
        let mut kept = kept.into_iter().peekable();
        for (at, brief) in briefs.into_iter().enumerate() {
            if kept.next_if_eq(&at).is_some() {
                judged.briefs.extend(brief.ok());
            }
        }
        judged
    }

    /// What is imported.
    pub(super) fn page(&self, stored: Option<&Position>) -> Page<'_> {
        let briefs = self
            .briefs
            .iter()
            .map(|(brief, cleaned)| (brief, Cleaned::list(cleaned)));
        Page {
            rows: self.rows as i64,
            briefs: briefs.collect(),
            rejected: self.rejected.clone(),
            passed: self.passed.clone(),
            expected: stored.cloned(),
            next: self.next.clone(),
        }
    }

    /// What importing it would change.
    pub(super) async fn would_change(
        &self,
        store: &Store,
        pulled: &mut Pulled,
    ) -> Result<(), StoreError> {
        let keys: Vec<String> = self
            .briefs
            .iter()
            .map(|(brief, _)| brief.external_ref.clone())
            .collect();
        let known: HashMap<String, String> = store.brief_hashes(&keys).await?.into_iter().collect();
        for (brief, _) in &self.briefs {
            let change = match known.get(&brief.external_ref) {
                Some(hash) if *hash == brief.sha256() => {
                    pulled.unchanged += 1;
                    continue;
                }
                Some(_) => {
                    pulled.revised += 1;
                    "revised"
                }
                None => {
                    pulled.new += 1;
                    "new"
                }
            };
            if pulled.briefs.len() < MOST_EXAMPLES {
                pulled.briefs.push(PulledBrief {
                    external_ref: brief.external_ref.clone(),
                    change,
                    topic: brief.topic.clone(),
                });
            }
        }
        Ok(())
    }

    /// Adds what does not depend on what is stored.
    pub(super) fn count(self, pulled: &mut Pulled) {
        pulled.rows += self.rows;
        pulled.rejected += self.rejected.len() as u64;
        let cleaned = self
            .briefs
            .iter()
            .filter(|(_, cleaned)| !cleaned.is_empty());
        pulled.cleaned += cleaned.count() as u64;
        let room = MOST_EXAMPLES.saturating_sub(pulled.rejections.len());
        pulled
            .rejections
            .extend(self.rejected.into_iter().take(room));
    }
}

/// A row's place in the order of reading.
pub(super) fn position(row: &SourceRow) -> Position {
    Position {
        cursor: row.cursor.clone(),
        reference: row.reference.clone(),
    }
}

fn fields(row: &SourceRow) -> Vec<Field> {
    let values = row.kinds.iter().zip(&row.texts);
    values
        .map(|(kind, text)| Field::read(kind.as_deref(), text.clone()))
        .collect()
}

type Read = Result<(Brief, Vec<Cleaned>), RowRejection>;

fn same(one: &Read, other: &Read) -> bool {
    match (one, other) {
        (Ok((one, _)), Ok((other, _))) => one == other,
        (one, other) => one == other,
    }
}
