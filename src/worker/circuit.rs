//! The circuit breaker of each run: a model that fails for everything parks the run, so that the night is
//! not spent on burning the attempts of every brief.

use std::collections::HashMap;

use uuid::Uuid;

use crate::domain::problem::Problem;
use crate::domain::run::FailureKind;
use crate::store::ItemOutcome;

/// Failures in a row, of different items, after which it is the model's fault and not a brief's.
const IN_A_ROW: u32 = 8;

/// The circuits of the runs in hand.
#[derive(Debug, Default)]
pub(super) struct Circuits {
    runs: HashMap<Uuid, Circuit>,
}

#[derive(Debug, Default)]
struct Circuit {
    /// Failures since the last text.
    in_a_row: u32,
    /// Whether the run was parked before and has not drafted anything since: one failure is enough.
    on_trial: bool,
    last: Option<Problem>,
}

impl Circuits {
    /// A run is taken up that was parked, or was not.
    pub(super) fn begin(&mut self, run_id: Uuid, parked: i32) {
        let circuit = self.runs.entry(run_id).or_default();
        circuit.on_trial = parked > 0;
        if circuit.on_trial {
            circuit.in_a_row = 0;
        }
    }

    /// Most items to claim of a run, where its circuit leaves a choice.
    pub(super) fn most(&self, run_id: Uuid) -> Option<i64> {
        let circuit = self.runs.get(&run_id)?;
        circuit.on_trial.then_some(1)
    }

    /// Notes an outcome; says whether it should be committed. Once the circuit is open, a failure is
    /// not the item's: it is given back.
    pub(super) fn note(&mut self, run_id: Uuid, outcome: &ItemOutcome) -> bool {
        let circuit = self.runs.entry(run_id).or_default();
        match outcome {
            ItemOutcome::Done { .. } => {
                *circuit = Circuit::default();
                true
            }
            ItemOutcome::Failed {
                kind: FailureKind::Transient,
                problem,
                ..
            } => {
                circuit.in_a_row += 1;
                circuit.last = Some(problem.clone());
                !circuit.is_open()
            }
            // A brief or a template that cannot be drafted says nothing about the model.
            ItemOutcome::Failed { .. } => true,
        }
    }

    /// The runs whose circuit is open, with the last failure; from now on they are parked.
    pub(super) fn take_open(&mut self) -> Vec<(Uuid, Problem)> {
        let open: Vec<Uuid> = self
            .runs
            .iter()
            .filter(|(_, circuit)| circuit.is_open())
            .map(|(run_id, _)| *run_id)
            .collect();
        open.into_iter()
            .filter_map(|run_id| {
                let circuit = self.runs.remove(&run_id)?;
                circuit.last.map(|problem| (run_id, problem))
            })
            .collect()
    }
}

impl Circuit {
    fn is_open(&self) -> bool {
        self.in_a_row >= if self.on_trial { 1 } else { IN_A_ROW }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: FailureKind) -> ItemOutcome {
        ItemOutcome::Failed {
            brief_id: Uuid::nil(),
            epoch: 1,
            kind,
            problem: Problem::new("test.failed", "it did not work"),
        }
    }

    fn done() -> ItemOutcome {
        ItemOutcome::Done {
            brief_id: Uuid::nil(),
            epoch: 1,
            drafts: Vec::new(),
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_text_closes_it() {
        let (mut circuits, run) = (Circuits::default(), Uuid::from_u128(1));
        for _ in 0..IN_A_ROW - 1 {
            assert!(circuits.note(run, &failed(FailureKind::Transient)));
        }
        circuits.note(run, &done());
        for _ in 0..IN_A_ROW - 1 {
            assert!(circuits.note(run, &failed(FailureKind::Transient)));
        }
        assert_eq!(circuits.take_open(), []);
        assert!(
            !circuits.note(run, &failed(FailureKind::Transient)),
            "the attempt of the item that opens it is not burnt"
        );
        assert_eq!(circuits.take_open().len(), 1);
        assert_eq!(circuits.take_open(), []);
    }

    #[test]
    fn briefs_that_cannot_be_drafted_do_not_open_it() {
        let (mut circuits, run) = (Circuits::default(), Uuid::from_u128(1));
        for _ in 0..100 {
            assert!(circuits.note(run, &failed(FailureKind::Permanent)));
        }
        assert_eq!(circuits.take_open(), []);
    }

    #[test]
    fn after_parking_one_item_decides() {
        let (mut circuits, run) = (Circuits::default(), Uuid::from_u128(1));
        circuits.begin(run, 1);
        assert_eq!(circuits.most(run), Some(1));
        assert!(!circuits.note(run, &failed(FailureKind::Transient)));
        assert_eq!(circuits.take_open().len(), 1);
        circuits.begin(run, 2);
        circuits.note(run, &done());
        assert_eq!(circuits.most(run), None);
    }
}
