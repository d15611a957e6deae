//! One plugin on its own, for the person who writes it: what it asks for, how long it takes,
//! whether it keeps its word.

use std::sync::Arc;

use crate::config::PluginsConfig;
use crate::domain::time::Stopwatch;
use crate::domain::verdict::Side;
use crate::pipeline::{Admitted, Guardrail, Pipeline, Released, StageError, mutants};

use super::cases::{self, Miss};
use super::load::Loader;
use super::package::Package;
use super::role::Role;
use super::sandbox::Sandbox;
use super::{PluginError, World, component};

/// Faults that a check tells of, and characters of a text that it shows.
const FAULTS: usize = 5;
const SHOWN: usize = 60;

/// Texts at random in a check.
const NOISE: usize = 60;

/// How often a text is judged to see how long it takes.
const ROUNDS: usize = 40;

/// A plugin that is loaded to be tried out.
pub struct Workbench {
    alone: Pipeline,
    sandbox: Arc<Sandbox>,
    role: Option<Role>,
    labels: Vec<String>,
    config: PluginsConfig,
    package: Package,
    imports: Vec<String>,
}

/// What 1 KB of plain text costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Time on an instance that is warm, or new for each call if the manifest asks for that.
    pub us_per_kb: f64,
    /// Instructions of WebAssembly, about: the same on every machine.
    pub fuel_per_kb: f64,
}

/// Cases in one disguise: how many there were, and which the plugin does not see through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutants {
    pub disguise: &'static str,
    pub tried: usize,
    /// Names of the cases of which it says nothing any more.
    pub missed: Vec<String>,
}

/// What is to be said of a plugin before it is packed.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it imports that can be called.
    pub imports: Vec<String>,
    pub wasm_bytes: usize,
    /// What plain text costs; other worlds than guardrails and formatters are not timed.
    pub pace: Option<Pace>,
    /// What went wrong with texts made to be hard: other scripts, marks, invisible characters.
    pub faults: Vec<String>,
}

impl Workbench {
    /// Loads a plugin as a box would, without keeping anything. Blocks; large ones take a while
    /// to compile.
    pub fn open(config: &PluginsConfig, package: Package) -> Result<Self, PluginError> {
        let loader = Loader {
            sandbox: Sandbox::new(config)?,
            cache: None,
            config: config.clone(),
            trial: true,
        };
        let engine = loader.sandbox.engine();
        let (plugin, component) = loader.packaged_with_component(&package)?;
        let imports = component::imports(engine, &component);
        let (role, labels) = (plugin.guest, plugin.card.labels);
        let judge = role.as_ref().and_then(Role::judge);
        Ok(Self {
            alone: Pipeline::new(judge.into_iter().collect(), config),
            sandbox: loader.sandbox,
            role,
            labels,
            config: config.clone(),
            package,
            imports,
        })
    }

    /// What it is.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// The plugin as a stage beside others; `None` if it judges no texts.
    pub fn judge_of(&self) -> Option<Arc<dyn Guardrail>> {
        self.role.as_ref().and_then(Role::judge)
    }

    /// What the plugin logged since this was asked last.
    pub fn lines(&self) -> Vec<String> {
        self.sandbox.services().take_notes()
    }

    /// Judges one text.
    pub fn judge(&self, side: Side, text: &str) -> Result<Admitted, StageError> {
        self.alone.judge(side, text)
    }

    /// Judges an answer that comes in pieces of so many bytes.
    pub fn stream(&self, text: &str, bytes: usize) -> Result<Released, StageError> {
        self.alone.judge_stream(&cases::pieces(text, bytes.max(1)))
    }

    /// The cases that do not come out as they must.
    pub fn test(&self) -> Vec<Miss> {
        let role = self.role.as_ref();
        role.map_or_else(Vec::new, |role| {
            cases::of_role(role, &self.package.cases, &self.config)
        })
    }

    /// Labels that it says it gives and that no case shows.
    pub fn unseen(&self) -> Vec<String> {
        let mut unseen = self.labels.clone();
        for case in &self.package.cases {
            let found = match self.judge(case.side, &case.text) {
                Ok(admitted) => admitted.findings,
                Err(error) => error.finding().into_iter().collect(),
            };
            unseen.retain(|label| found.iter().all(|it| it.label != *label));
        }
        unseen
    }

    /// What becomes of the cases that the plugin has something to say of, in disguise.
    pub fn mutants(&self) -> Vec<Mutants> {
        let mut all: Vec<Mutants> = Vec::new();
        let speaks = |side, text: &str| match self.judge(side, text) {
            Ok(admitted) => !admitted.findings.is_empty(),
            Err(error) => error.finding().is_some(),
        };
        for case in self
            .package
            .cases
            .iter()
            .filter(|it| speaks(it.side, &it.text))
        {
            // What an answer hides is not undone.
            for (disguise, text) in mutants(&case.text, case.side != Side::Output) {
                let place = all.iter().position(|one| one.disguise == disguise);
                let place = place.unwrap_or_else(|| {
                    let (tried, missed) = (0, Vec::new());
                    all.push(Mutants {
                        disguise,
                        tried,
                        missed,
                    });
                    all.len() - 1
                });
                all[place].tried += 1;
                if !speaks(case.side, &text) {
                    all[place].missed.push(case.name.clone());
                }
            }
        }
        all
    }

    /// Whether it judges or forms texts; other worlds are tried by their cases.
    pub fn is_judge(&self) -> bool {
        matches!(
            self.package.manifest.world,
            World::Guardrail | World::Formatter
        )
    }

    /// Tries it on texts that are plain and on texts that are hard.
    pub fn check(&self) -> Result<Report, PluginError> {
        Ok(Report {
            imports: self.imports.clone(),
            wasm_bytes: self.package.wasm.len(),
            pace: self.is_judge().then(|| self.pace()).transpose()?,
            faults: match self.is_judge() {
                true => self.faults(),
                false => Vec::new(),
            },
        })
    }

    fn pace(&self) -> Result<Pace, PluginError> {
        let text = PLAIN.repeat(2048 / PLAIN.len() + 1);
        drop(self.judge(Side::Input, &text));
        let watch = Stopwatch::start();
        for _ in 0..ROUNDS {
            drop(self.judge(Side::Input, &text));
        }
        let micros = watch.elapsed().as_secs_f64() * 1e6;
        let per_kb = |total: f64| total / text.len() as f64 * 1024.0;
        Ok(Pace {
            us_per_kb: per_kb(micros / ROUNDS as f64),
            fuel_per_kb: per_kb(self.fuel(&text)? as f64),
        })
    }

    /// Instructions for one text, on an instance that has judged it before.
    fn fuel(&self, text: &str) -> Result<u64, PluginError> {
        let loader = Loader {
            sandbox: Sandbox::metered(&self.config)?,
            cache: None,
            config: self.config.clone(),
            trial: true,
        };
        let plugin = loader.packaged(&self.package)?;
        let judge = plugin.guest.as_ref().and_then(Role::judge);
        let alone = Pipeline::new(judge.into_iter().collect(), &self.config);
        let mut used = 0;
        for _ in 0..2 {
            let before = loader.sandbox.fuel_used();
            drop(alone.judge(Side::Input, text));
            used = loader.sandbox.fuel_used() - before;
        }
        Ok(used)
    }

    /// The same texts each time, so that a fault can be looked at.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let cases = self.package.cases.iter().map(|case| case.text.clone());
        let hard = HARD.into_iter().map(str::to_owned);
        let texts: Vec<String> = hard.chain(noise()).chain(cases).collect();
        for (index, text) in texts.iter().enumerate() {
            let mixed = format!("{text} {} {PLAIN}", HARD[index % HARD.len()]);
            for side in [Side::Input, Side::Retrieved, Side::Output] {
                note(
                    &mut faults,
                    side,
                    &mixed,
                    self.judge(side, &mixed).map(drop),
                );
            }
            for bytes in [1, 3, 50] {
                note(&mut faults, Side::Output, &mixed, self.same(&mixed, bytes));
            }
            // Each may have cost its whole time.
            if faults.len() >= FAULTS {
                break;
            }
        }
        faults
    }

    /// Streamed must be what it is whole.
    fn same(&self, text: &str, bytes: usize) -> Result<(), StageError> {
        let whole = self.judge(Side::Output, text);
        let streamed = self.stream(text, bytes)?;
        let alike = match (&whole, &streamed.stopped) {
            (Ok(admitted), None) => admitted.text == streamed.text,
            (Err(StageError::Blocked { .. }), Some(_)) => true,
            _ => false,
        };
        let name = &self.package.manifest.id;
        let why = "a stream does not come out as the whole text does";
        match alike {
            true => Ok(()),
            false => Err(StageError::failed(name, why)),
        }
    }
}

/// Texts of characters at random, from every part of Unicode.
fn noise() -> impl Iterator<Item = String> {
    // The generator of Steele and others (SplitMix64, 2014): its numbers are the same everywhere.
    let mut state = 0_u64;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    // Mostly letters and signs of ASCII, so that what is looked for is met by chance.
    let mut any = move || {
        let random = next();
        let top = [0x80, 0x80, 0x80, 0x800, 0x1_0000, 0x11_0000][(random % 6) as usize];
        char::from_u32((random >> 8) as u32 % top).unwrap_or('\u{fffd}')
    };
    (0..NOISE).map(move |index| (0..20 + index * 4).map(|_| any()).collect())
}

fn note(faults: &mut Vec<String>, side: Side, text: &str, judged: Result<(), StageError>) {
    match judged {
        Ok(()) | Err(StageError::Blocked { .. }) => {}
        Err(error) => {
            let start: String = text.chars().take(SHOWN).collect();
            faults.push(format!("{side:?}: {error}; the text begins with {start:?}"));
        }
    }
}

const PLAIN: &str = "The meeting moved to Thursday; please bring the figures of the last quarter, \
    and tell the others that lunch is at half past twelve. ";

/// Texts on which offsets and letters go wrong first.
const HARD: [&str; 10] = [
    "",
    "Größenwahn, naïve façade, Żółć, İstanbul",
    "日本語のテキスト。한국어 문장입니다. Русский текст",
    "👩‍👩‍👧‍👦 🇩🇪 🏴\u{e0067}\u{e0062}\u{e007f} 𝕬𝖓𝖓𝖆",
    "e\u{301}\u{301}\u{301} a\u{30a} \u{1100}\u{1161}\u{11a8}",
    "in\u{200b}vis\u{ad}i\u{2060}ble \u{feff}\u{202e}gnitirw",
    "ｆｕｌｌ　ｗｉｄｔｈ ﬁ ﷺ ㌖ ①",
    "{\"key\": [1, 2, {\"a\": null}]} <b>&amp;</b> ```rust\nfn x() {}\n```",
    "line\r\nline\u{2028}line\u{85}line\ttab\0nul",
    "(((((((((([[[[[[[[[[{{{{{{{{{{ \\\\\\\\ \"\"\"\" '''' %%%% $$$$",
];
