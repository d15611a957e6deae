//! One plugin on its own, for the person who writes it: what it asks for, how long it takes,
//! whether it keeps its word.

use crate::config::PluginsConfig;
use crate::domain::time::Stopwatch;
use crate::domain::verdict::Side;
use crate::pipeline::{Admitted, Pipeline, Released, StageError};

use super::cases::{self, Miss};
use super::load::Loader;
use super::package::Package;
use super::role::Role;
use super::sandbox::Sandbox;
use super::{PluginError, World, component};

/// How often a text is judged to see how long it takes.
const ROUNDS: usize = 40;

/// A plugin that is loaded to be tried out.
pub struct Workbench {
    alone: Pipeline,
    role: Option<Role>,
    config: PluginsConfig,
    package: Package,
    imports: Vec<String>,
}

/// What is to be said of a plugin before it is packed.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it imports that can be called.
    pub imports: Vec<String>,
    pub wasm_bytes: usize,
    /// Time per KB of plain text on an instance that is warm, or new for each call if the
    /// manifest asks for that.
    pub us_per_kb: f64,
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
        };
        let engine = loader.sandbox.engine();
        let (plugin, component) = loader.packaged_with_component(&package)?;
        let imports = component::imports(engine, &component);
        let role = plugin.guest;
        let judge = role
            .as_ref()
            .and_then(|role| role.guardrail().or_else(|| role.formatter()));
        Ok(Self {
            alone: Pipeline::new(judge.into_iter().collect(), config),
            role,
            config: config.clone(),
            package,
            imports,
        })
    }

    /// What it is.
    pub fn package(&self) -> &Package {
        &self.package
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

    /// Whether it judges or forms texts; other worlds are tried by their cases.
    pub fn is_judge(&self) -> bool {
        matches!(
            self.package.manifest.world,
            World::Guardrail | World::Formatter
        )
    }

    /// Tries it on texts that are plain and on texts that are hard.
    pub fn check(&self) -> Report {
        Report {
            imports: self.imports.clone(),
            wasm_bytes: self.package.wasm.len(),
            us_per_kb: self.pace(),
            faults: self.faults(),
        }
    }

    fn pace(&self) -> f64 {
        let text = PLAIN.repeat(2048 / PLAIN.len() + 1);
        drop(self.judge(Side::Input, &text));
        let watch = Stopwatch::start();
        for _ in 0..ROUNDS {
            drop(self.judge(Side::Input, &text));
        }
        let micros = watch.elapsed().as_secs_f64() * 1e6;
        micros / (ROUNDS * text.len()) as f64 * 1024.0
    }

    /// The same texts each time, so that a fault can be looked at.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let cases = self.package.cases.iter().map(|case| case.text.as_str());
        let texts: Vec<&str> = HARD.into_iter().chain(cases).collect();
        for (index, text) in texts.iter().enumerate() {
            let mixed = format!("{text} {} {PLAIN}", HARD[index % HARD.len()]);
            for side in [Side::Input, Side::Retrieved, Side::Output] {
                note(&mut faults, side, self.judge(side, &mixed).map(drop));
            }
            for bytes in [1, 3, 50] {
                note(&mut faults, Side::Output, self.same(&mixed, bytes));
            }
        }
        faults.dedup();
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

fn note(faults: &mut Vec<String>, side: Side, judged: Result<(), StageError>) {
    match judged {
        Ok(()) | Err(StageError::Blocked { .. }) => {}
        Err(error) => faults.push(format!("{side:?}: {error}").to_lowercase()),
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
