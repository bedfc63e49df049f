//! A candidate's tokens depend on nothing beside it: alone, among others, after a prefix hit, in pieces.

use super::{candidates, chat, default_model, futures_in_order, params, request};

#[tokio::test]
async fn a_text_is_the_same_alone_and_among_others() {
    let engine = default_model();
    let system = "You write short, plain explainers.";
    let prompts: Vec<Vec<u32>> = (0..7)
        .map(|n| {
            let facts = "- Population: 1,234,567\n".repeat(n + 1);
            chat(
                &engine,
                system,
                &format!("Explain place number {n}.\n{facts}"),
            )
        })
        .collect();
    let params = params(0.8, 40);
    let mut alone = Vec::new();
    for prompt in &prompts {
        alone.push(candidates(&engine, request(prompt, 0, &params)).await);
    }
    let together = futures_in_order(
        prompts
            .iter()
            .map(|prompt| candidates(&engine, request(prompt, 0, &params)))
            .collect(),
    )
    .await;
    for (alone, together) in alone.iter().zip(&together) {
        assert_eq!(alone[0].token_ids, together[0].token_ids);
    }
}

#[tokio::test]
async fn a_shared_prefix_gives_the_same_bits_on_a_hit_and_on_a_miss() {
    let engine = default_model();
    let system = "You write short, plain explainers from a list of facts.";
    let first = chat(&engine, system, "Explain Estonia.");
    let second = chat(&engine, system, "Explain the moon in two sentences.");
    let shared = first
        .iter()
        .zip(&second)
        .take_while(|(a, b)| a == b)
        .count();
    assert!(shared > 10);
    let params = params(0.8, 24);
    let miss = candidates(&engine, request(&second, shared, &params)).await;
    // Another prompt with the same prefix in between, then the same again: now the prefix is there.
    candidates(&engine, request(&first, shared, &params)).await;
    let hit = candidates(&engine, request(&second, shared, &params)).await;
    assert_eq!(miss[0].token_ids, hit[0].token_ids);
    assert_eq!(miss[0].logprobs, hit[0].logprobs);
}

#[tokio::test]
async fn prefixes_of_two_templates_that_alternate_give_the_same_bits() {
    let engine = default_model();
    let prompts: Vec<Vec<u32>> = ["You write headlines.", "You write long reads."]
        .iter()
        .flat_map(|system| ["Rain.", "The moon."].map(|user| chat(&engine, system, user)))
        .collect();
    let shared = |a: usize, b: usize| {
        let pairs = prompts[a].iter().zip(&prompts[b]);
        pairs.take_while(|(a, b)| a == b).count()
    };
    let prefixes = [shared(0, 1), shared(0, 1), shared(2, 3), shared(2, 3)];
    let params = params(0.8, 12);
    let mut first = Vec::new();
    for (prompt, prefix) in prompts.iter().zip(prefixes) {
        first.push(candidates(&engine, request(prompt, prefix, &params)).await);
    }
    // Back and forth: each time the other template's prompt has run over the cache.
    for index in [2, 0, 3, 1] {
        let again = candidates(&engine, request(&prompts[index], prefixes[index], &params)).await;
        assert_eq!(again[0].logprobs, first[index][0].logprobs);
    }
}

#[tokio::test]
async fn a_prompt_of_several_pieces_is_the_same_alone_and_among_others() {
    let engine = default_model();
    let long = chat(
        &engine,
        "You sum up.",
        &"Rain fell on the harbour. ".repeat(160),
    );
    assert!(long.len() > 512);
    let short = chat(&engine, "You are a poet.", "Write one line about rain.");
    let params = params(0.8, 12);
    let alone = candidates(&engine, request(&long, 20, &params)).await;
    let together = futures_in_order(vec![
        candidates(&engine, request(&short, 0, &params)),
        candidates(&engine, request(&long, 20, &params)),
        candidates(&engine, request(&short, 0, &params)),
    ])
    .await;
    assert_eq!(together[1][0].logprobs, alone[0].logprobs);
    assert_eq!(together[0][0].logprobs, together[2][0].logprobs);
}
