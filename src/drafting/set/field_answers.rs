//! The answers of one field of one set, and how many more are worth asking for.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::{Chosen, Entry, Field, choose};
use crate::engine::{Candidate, SamplingParams};
use crate::prompt::PartSpec;

use super::entry::EntryRules;
use crate::drafting::prompt::Prompt;

/// Rounds of a field at most. The first two work towards the target, the others only until the
/// channel's minimum is met: a set that is short of it cannot be published.
pub(super) const ROUNDS: u32 = 4;
/// Rounds that work towards the target.
const TARGET_ROUNDS: u32 = 2;
/// Most answers of one round: they share a batch.
const MOST_ANSWERS: u32 = 16;

/// What is wanted of a field; the same for every candidate of an item.
pub(super) struct FieldPlan<'a> {
    pub field: &'a Field,
    pub part: &'a PartSpec,
    pub prompt: &'a Prompt,
    /// Entries wanted, within what the field takes.
    pub target: usize,
    pub params: SamplingParams,
}

/// Answers so far, as entries, and the choice among them.
pub(super) struct FieldAnswers<'a> {
    pub plan: &'a FieldPlan<'a>,
    /// Rounds in their order: the key of their random numbers, and the answers.
    pub rounds: Vec<(u64, Vec<Candidate>)>,
    pub entries: Vec<Entry>,
    /// Round and answer of each entry.
    pub origins: Vec<(usize, usize)>,
    pub chosen: Chosen,
}

/// Answers of the first round: half as many again as are needed, because a small model repeats
/// itself; the cost is small, since they share one prompt.
pub(super) fn first_round(target: u32, per_answer: u32) -> u32 {
    (target * 3)
        .div_ceil(per_answer.max(1) * 2)
        .clamp(1, MOST_ANSWERS)
}

impl<'a> FieldAnswers<'a> {
    pub(super) fn new(plan: &'a FieldPlan<'a>) -> Self {
        Self {
            plan,
            rounds: Vec::new(),
            entries: Vec::new(),
            origins: Vec::new(),
            chosen: Chosen::default(),
        }
    }

    /// How many answers this round asks for; 0 when the field has what it needs.
    pub(super) fn wanted(&self, round: u32) -> u32 {
        let have = self.chosen.entries.len();
        let goal = match round {
            0..TARGET_ROUNDS => self.plan.target,
            TARGET_ROUNDS..ROUNDS => self.plan.field.min_items,
            _ => 0,
        };
        let missing = u32::try_from(goal.saturating_sub(have)).unwrap_or(MOST_ANSWERS);
        match (missing, round) {
            (0, _) => 0,
            (_, 0) => first_round(missing, self.plan.part.per_answer),
            // What the first round did not give is hard to get: three answers for one.
            _ => (missing * 3)
                .div_ceil(self.plan.part.per_answer)
                .clamp(4, MOST_ANSWERS),
        }
    }

    pub(super) fn add(&mut self, item: u64, answers: Vec<Candidate>, rules: &EntryRules<'_>) {
        let most = self.plan.part.per_answer as usize;
        for (number, answer) in answers.iter().enumerate() {
            for entry in rules.entries(answer, most, self.plan.field) {
                self.entries.push(entry);
                self.origins.push((self.rounds.len(), number));
            }
        }
        self.rounds.push((item, answers));
    }

    pub(super) fn choose(&mut self, covered: &BTreeSet<String>, language: &str) {
        let FieldPlan { field, target, .. } = self.plan;
        self.chosen = choose(field, &self.entries, *target, covered, language);
    }

    /// Must-includes that the chosen entries mention.
    pub(super) fn covered(&self) -> impl Iterator<Item = String> + '_ {
        let chosen = self.chosen.entries.iter();
        chosen.flat_map(|index| self.entries[*index].covers.iter().cloned())
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        let chosen = self.chosen.entries.iter();
        chosen
            .map(|index| self.entries[*index].text.as_str())
            .collect()
    }

    pub(super) fn answered(&self) -> impl Iterator<Item = &Candidate> + Clone {
        self.rounds.iter().flat_map(|(_, answers)| answers)
    }

    /// Refused entries by reason.
    pub(super) fn refused(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for refusal in &self.chosen.refused {
            *counts.entry(refusal.reason).or_default() += 1;
        }
        counts
    }

    /// `16 answers: 9 too long (such as “…”), 4 said already`: why there are no more.
    pub(super) fn account(&self) -> String {
        let mut counts: Vec<(&str, usize)> = self.refused().into_iter().collect();
        counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
        let reasons: Vec<String> = counts
            .iter()
            .enumerate()
            .map(
                |(place, (reason, count))| match (place, self.example(reason)) {
                    (0, Some(text)) => format!("{count} {reason} (such as “{text}”)"),
                    _ => format!("{count} {reason}"),
                },
            )
            .collect();
        let answers = self.answered().count();
        if reasons.is_empty() {
            format!("{answers} answers, none of them with an entry")
        } else {
            format!("{answers} answers: {}", reasons.join(", "))
        }
    }

    fn example(&self, reason: &str) -> Option<String> {
        let refusal = self
            .chosen
            .refused
            .iter()
            .find(|refusal| refusal.reason == reason)?;
        let text = self.entries[refusal.index].text.trim();
        let short: String = text.chars().take(60).collect();
        (!text.is_empty()).then(|| {
            if short.len() < text.len() {
                format!("{short}…")
            } else {
                short
            }
        })
    }
}
