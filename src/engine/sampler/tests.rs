//! The sampler as a whole: reference values, what is refused, and what never happens.

use proptest::prelude::*;

use super::*;

fn params(temperature: f32, top_k: u32, top_p: f32) -> SamplingParams {
    SamplingParams {
        temperature,
        top_k,
        top_p,
        ..SamplingParams::default()
    }
}

fn sampled(logits: &[f32], input: &SampleInput<'_>) -> Result<Sampled, EngineError> {
    Sampler::default().sample(logits, input, |_| true)
}

/// The tokens that so many draws at different positions give.
fn tokens(logits: &[f32], params: &SamplingParams, draws: usize) -> Vec<u32> {
    let output = vec![0; draws];
    (0..draws)
        .map(|position| SampleInput {
            output: &output[..position],
            ..SampleInput::plain(params)
        })
        .map(|input| sampled(logits, &input).expect("a distribution").token)
        .collect()
}

#[test]
fn greedy_takes_the_lowest_id_of_equals() {
    assert_eq!(tokens(&[1.0, 3.0, 3.0], &params(0.0, 0, 1.0), 1), [1]);
}

#[test]
fn the_draw_follows_the_probabilities_in_order_of_likelihood() {
    // Probabilities 1/4, 1/2, 1/4: the likeliest comes first, then ids 0 and 2.
    let logits = [0.0, 2.0f32.ln(), 0.0];
    let all = params(1.0, 0, 1.0);
    let drawn = |uniform| truncate::draw(&mut Vec::new(), &logits, logits[1], &all, uniform);
    assert_eq!([0.0, 0.49, 0.51, 0.99].map(drawn), [1, 1, 0, 2]);
}

#[test]
fn what_is_drawn_was_written_down_once() {
    // A change of order, rounding or generator would change every text ever drafted.
    let logits: Vec<f32> = (0..50).map(|id| ((id * 37) % 50) as f32 / 7.0).collect();
    let drawn = |params: &SamplingParams| tokens(&logits, params, 12);
    let open = params(1.0, 0, 1.0);
    insta::assert_compact_debug_snapshot!(drawn(&open), @"[1, 31, 39, 16, 8, 16, 9, 12, 12, 8, 4, 16]");
    insta::assert_compact_debug_snapshot!(drawn(&params(0.7, 0, 0.95)), @"[16, 4, 35, 35, 4, 12, 20, 8, 8, 31, 4, 12]");
    insta::assert_compact_debug_snapshot!(drawn(&params(1.3, 9, 0.8)), @"[12, 4, 8, 8, 4, 35, 39, 31, 31, 31, 4, 35]");
}

#[test]
fn top_k_and_top_p_cut_the_tail() {
    let logits = [4.0, 3.0, 2.0, 1.0, -9.0];
    let below = |params: SamplingParams, end| {
        tokens(&logits, &params, 100)
            .iter()
            .all(|token| *token < end)
    };
    assert!(below(params(1.0, 2, 1.0), 2));
    assert!(below(params(1.0, 0, 0.6), 1));
    assert!(below(params(1.0, 3, 0.95), 3));
}

#[test]
fn logprobs_are_of_the_raw_distribution() {
    let penalised = SamplingParams {
        repetition_penalty: 2.0,
        top_logprobs: 2,
        ..params(0.0, 0, 1.0)
    };
    let logits = [3.0, 2.0, -1.0];
    let input = SampleInput {
        output: &[0],
        ..SampleInput::plain(&penalised)
    };
    let sampled = sampled(&logits, &input).expect("a distribution");
    assert_eq!(sampled.token, 1);
    // Softmax: 0.721399, 0.265388, 0.013213; entropy 0.644802 nats.
    let close = |given: f32, wanted: f32| assert!((given - wanted).abs() < 1e-4, "{given}");
    close(sampled.logprob, 0.265_388_f32.ln());
    let top = sampled.top.expect("asked for");
    assert_eq!([top.tokens[0].0, top.tokens[1].0], [0, 1]);
    close(top.tokens[0].1, 0.721_399_f32.ln());
    close(top.entropy, 0.644_802);
}

#[test]
fn no_distribution_is_an_error_of_the_item() {
    let params = params(1.0, 0, 1.0);
    let problem = |logits: &[f32], masked: &[u32]| {
        let input = SampleInput {
            output: &[1; 7],
            masked,
            ..SampleInput::plain(&params)
        };
        sampled(logits, &input).expect_err("unusable").to_string()
    };
    let found = [
        problem(&[], &[]),
        problem(&[1.0, f32::NAN], &[]),
        problem(&[f32::NEG_INFINITY; 2], &[]),
        problem(&[1.0, f32::INFINITY], &[]),
        problem(&[1.0, 2.0], &[0, 1]),
    ];
    insta::assert_snapshot!(found.join("\n"), @"
    the model's output at position 7 is empty
    the model's output at position 7 is not a number
    the model's output at position 7 is infinite
    the model's output at position 7 is infinite
    no token is allowed at position 7: banned words, `no_repeat_ngram`, `logit_bias` and `min_tokens` leave none
    ");
}

#[test]
fn a_refused_token_is_drawn_again_from_the_rest() {
    let params = params(1.0, 0, 1.0);
    let logits = [5.0, 1.0, 1.0, 1.0];
    let mut counts = [0; 4];
    let output = [0; 300];
    for position in 0..output.len() {
        let input = SampleInput {
            output: &output[..position],
            ..SampleInput::plain(&params)
        };
        let sampled = Sampler::default().sample(&logits, &input, |token| token != 0);
        counts[sampled.expect("a distribution").token as usize] += 1;
    }
    assert_eq!(counts[0], 0);
    // Each of the three has a third; six standard deviations are 49.
    assert!(
        counts[1..].iter().all(|count| (51..=149).contains(count)),
        "{counts:?}"
    );
    let nothing = Sampler::default().sample(&logits, &SampleInput::plain(&params), |_| false);
    assert_eq!(nothing, Err(EngineError::NothingAllowed { position: 0 }));
}

#[test]
fn every_parameter_out_of_range_is_told() {
    let open = SamplingParams::default;
    let bias = |text: &str, bias: f32| [(text.to_owned(), bias)].into();
    let bad = [
        SamplingParams {
            temperature: -1.0,
            ..open()
        },
        SamplingParams {
            temperature: f32::NAN,
            ..open()
        },
        SamplingParams {
            top_p: 0.0,
            ..open()
        },
        SamplingParams {
            min_p: 1.5,
            ..open()
        },
        SamplingParams {
            typical_p: 0.0,
            ..open()
        },
        SamplingParams {
            repetition_penalty: 0.0,
            ..open()
        },
        SamplingParams {
            frequency_penalty: 3.0,
            ..open()
        },
        SamplingParams {
            presence_penalty: -2.5,
            ..open()
        },
        SamplingParams {
            max_tokens: 0,
            ..open()
        },
        SamplingParams {
            min_tokens: 200,
            ..open()
        },
        SamplingParams {
            top_logprobs: 21,
            ..open()
        },
        SamplingParams {
            stop: vec![String::new()],
            ..open()
        },
        SamplingParams {
            logit_bias: bias("rain", 101.0),
            ..open()
        },
        SamplingParams {
            banned_words: vec![" ".to_owned()],
            ..open()
        },
        SamplingParams {
            banned_words: vec!["end".to_owned()],
            stop: vec!["The End".to_owned()],
            ..open()
        },
    ];
    let told = bad
        .iter()
        .map(|params| params.check().expect_err("bad").to_string());
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    `temperature` must be 0 or more, given -1
    `temperature` must be 0 or more, given NaN
    `top_p` must be above 0 and at most 1, given 0
    `min_p` must be from 0 to 1, given 1.5
    `typical_p` must be above 0 and at most 1, given 0
    `repetition_penalty` must be above 0, given 0
    `frequency_penalty` must be from -2 to 2, given 3
    `presence_penalty` must be from -2 to 2, given -2.5
    `max_tokens` must be at least 1, given 0
    `min_tokens` must be at most `max_tokens`, given 200 and 160
    `top_logprobs` must be at most 20, given 21
    `stop` must be texts that are not empty, given ""
    `logit_bias` must be from -100 to 100, given 101 for `rain`
    `banned_words` must be words that are not blank, given " "
    `banned_words` must be words that are in no stop text, given a stop text "The End" that holds one
    "#);
    assert_eq!(open().check(), Ok(()));
}

proptest! {
    #[test]
    fn the_nucleus_is_the_smallest_that_holds_top_p(
        logits in proptest::collection::vec(-20.0f32..20.0, 1..80),
        top_p in 0.01f32..1.0, temperature in 0.1f32..3.0,
    ) {
        let drawn = tokens(&logits, &params(temperature, 0, top_p), 1)[0];
        let weight = |logit: f32| f64::from(logit / temperature).exp();
        let total: f64 = logits.iter().map(|logit| weight(*logit)).sum();
        // Everything likelier than the drawn token must not already hold top_p.
        let above: f64 = logits.iter().filter(|logit| **logit > logits[drawn as usize]).map(|logit| weight(*logit)).sum();
        prop_assert!(above / total < f64::from(top_p) + 1e-6);
    }

    #[test]
    fn a_masked_token_is_never_drawn(
        logits in proptest::collection::vec(-20.0f32..20.0, 2..40),
        masked in proptest::collection::vec(0u32..40, 0..39), greedy: bool,
    ) {
        let params = SamplingParams { repetition_penalty: 1.3, min_p: 0.01, typical_p: 0.9, ..params(if greedy { 0.0 } else { 1.0 }, 0, 0.9) };
        let input = SampleInput { masked: &masked, output: &[1, 1, 0], ..SampleInput::plain(&params) };
        match sampled(&logits, &input) {
            Ok(sampled) => prop_assert!(!masked.contains(&sampled.token)),
            Err(error) => {
                prop_assert_eq!(error, EngineError::NothingAllowed { position: 3 });
                prop_assert!((0..logits.len() as u32).all(|id| masked.contains(&id)));
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one(logits in proptest::collection::vec(-20.0f32..20.0, 1..20)) {
        let params = SamplingParams { top_logprobs: 20, ..SamplingParams::default() };
        let top = sampled(&logits, &SampleInput::plain(&params)).expect("a distribution").top.expect("asked for");
        let sum: f32 = top.tokens.iter().map(|(_, logprob)| logprob.exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-4);
        prop_assert!(top.entropy <= (logits.len() as f32).ln() + 1e-4);
    }
}

#[test]
fn a_token_that_is_forced_comes_whatever_the_logits_say() {
    let params = SamplingParams::default();
    let input = SampleInput {
        forced: Some(2),
        ..SampleInput::plain(&params)
    };
    let sampled = Sampler::default().sample(&[9.0, 1.0, 0.0], &input, |_| false);
    let sampled = sampled.expect("drawn");
    assert_eq!(sampled.token, 2);
    assert!(
        (sampled.logprob - -9.000_458).abs() < 1e-4,
        "{}",
        sampled.logprob
    );
}
