//! The engine on a GPU, from its door. Without a GPU that computes these tests say so and pass.

use super::*;
use crate::engine::device::tests::gpu;

/// Greedy text, its second turn with what was read before, and vectors beside, on either device.
#[tokio::test]
async fn answers_are_the_same_on_a_gpu() {
    let Some((device, _)) = gpu() else {
        return;
    };
    let mut said = Vec::new();
    for device in [crate::config::Device::Cpu, device] {
        let house = House::new(&EngineConfig {
            device,
            kv_cache_mib: 64,
            ..small()
        });
        let shown = house.engine.status().device;
        assert!(shown.starts_with(&device.to_string()), "{shown}");
        let id = house.chat("reciting", &tiny_model::reciting(SENTENCE));
        let mut answers = Vec::new();
        for question in [
            "Where is the spare impeller kept, and who has a key to it?",
            "Where is the spare impeller kept, and who has a key to it? Or to the other one?",
        ] {
            let request = Generate {
                scope: Some(Scope::of(&["ada"])),
                ..house.request(&id, question).await
            };
            answers.push(house.answer(request).await);
        }
        assert_eq!(
            (answers[0].0.as_str(), answers[0].1),
            (SENTENCE, FinishReason::Stop)
        );
        assert!(
            answers[1].2.cached_tokens > 0,
            "the second turn finds the first"
        );
        let encoder = house.encoder();
        let texts = vec!["a blue locker".to_owned()];
        let vectors = house.engine.embed(&encoder, texts).await.expect("vectors");
        said.push((answers, vectors));
    }
    assert_eq!(said[0], said[1]);
}

/// A device that is not there is missed, and the CPU answers.
#[tokio::test]
async fn without_the_named_gpu_the_cpu_answers() {
    let house = House::new(&EngineConfig {
        device: crate::config::Device::Vulkan(999),
        ..small()
    });
    assert_eq!(house.engine.status().device, "cpu");
    let id = house.chat("reciting", &tiny_model::reciting(SENTENCE));
    let request = house.request(&id, "Where is it?").await;
    assert_eq!(house.answer(request).await.0, SENTENCE);
}
