//! The languages that the house speaks, by their small words.

use super::listed;

/// A language that the house has its sentence in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
    Chinese,
    Arabic,
}

/// Written with letters that others use as well, so that words must tell.
const BY_WORDS: [Language; 4] = [
    Language::English,
    Language::German,
    Language::French,
    Language::Spanish,
];

/// What is to be done with an answer or a document; it says nothing of what is in them.
pub(super) const TASKS: &str = "summarise summarize summary overview outline explain explained \
    describe list compare comparison translate rewrite rephrase shorten shorter longer briefly \
    detail details continue repeat write tell show give help answer answers question questions \
    document documents file files text texts passage passages page pages topic topics content \
    contents say says said mean means \
    zusammenfassen zusammenfassung zusammen fasse fass erkläre erklären erklär beschreibe \
    beschreiben vergleiche vergleichen vergleich übersetze übersetzen kürzer länger kurz \
    ausführlicher weiter wiederhole schreibe zeige gib hilf antwort antworte frage fragen dokument \
    dokumente dokumenten datei dateien inhalt thema steht sagt liegt gibt \
    résume résumer résumé explique expliquer décris décrire compare comparer traduis traduire \
    court courte plus continue répète écris montre aide réponse fichier fichiers contenu texte dit \
    resume resumir resumen explica explicar describe compara comparar traduce traducir corto corta \
    continúa repite escribe muestra ayuda respuesta documento documentos archivo archivos contenido \
    texto dice";

const ENGLISH: &str = "a about again all also am an and any are as at be because been being but by \
    can could did do does doing either for from get gets got had has have he her here hers him his \
    how i i'd i'll i'm i've if in into is it it's its just like many may me might more most much must \
    my no not now of off ok okay on one or our out please shall she should so some such than that \
    that's the their them then there these they this those to too up us use used very was we were \
    what what's when where which while who whom whose why will with would yes you your yours find \
    know called kind type there's let let's lot really fine good great nice cool well sorry yeah \
    hello hi hey thanks thank bye goodbye cheers welcome";
const GERMAN: &str = "aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis \
    bist da das dass dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses \
    dir doch du durch ein eine einem einen einer eines er es etwas für gegen geht hab habe haben hast \
    hat hatte hatten ich ihm ihn ihnen ihr ihre im in ins ist ja kann kannst können man mein meine \
    mich mir mit muss müssen nach nein nicht noch nun nur ob oder ohne okay sein seine sich sie sind \
    so soll sollen sowie über um und uns unter viel viele vom von vor war waren warum was welche \
    welchem welchen welcher welches wem wen wenn wer werden wessen wie wieder wir wird wo woher wohin \
    wurde wurden würde zu zum zur bitte danke dank vielen hallo tschüss servus moin gut gerne";
const FRENCH: &str = "à ai ainsi alors as au aux avec avez avoir avons beaucoup bien c'est ça car ce \
    ceci cela ces cet cette ceux chez ci combien comme comment d'un d'une dans de des donc du elle \
    elles en est est-ce et étaient était être eu fait fut il ils j'ai je l'on la là le les leur leurs \
    lui ma mais me mes moi mon n'est ne nos notre nous on ont ou où par pas peut peuvent pour \
    pourquoi puis qu'est-ce qu'il quand que quel quelle quelles quels qu'un qui quoi sa sans se sera \
    ses si soit son sont sous sur ta te tes toi ton tous tout toute toutes tu un une va vers vos votre \
    vous y bonjour salut merci bonsoir oui non svp";
const SPANISH: &str = "a al algo algún alguna ante antes aquí así aún bien cada cómo como con cuál \
    cuáles cuando cuándo cuánta cuántas cuánto cuántos de del desde donde dónde dos durante e el él \
    ella ellas ellos en entre era eran eres es esa ese eso esos esta está están estas este esto estos \
    fue fueron ha había han has hasta hay he la las le les lo los más me mi mis muchas mucho muchos \
    muy ni nos nosotros nuestra nuestro o os otra otro para pero poco por porque puede puedes pueden \
    qué que quién quien quiénes se sea ser si sí sido sin sobre son soy su sus también tan tanto te \
    tiene tienen tienes todo todos tu tú un una unas uno unos usted ustedes va vez y ya yo hola \
    gracias adiós vale tal";
const ARABIC: &str = "من في على إلى ما ماذا هو هي هل كم متى أين كيف لماذا الذي التي هذا هذه ذلك و أو \
    عن مع كان كانت يا شكرا مرحبا";

/// Characters that ask or join in Chinese.
const CHINESE: &str = "的 了 是 在 有 和 与 吗 呢 吧 我 你 您 他 她 它 们 这 那 哪 里 什 么 谁 几 多 少 怎 样 为 何 请 个 不 也 就 都 被";

impl Language {
    /// The language of a text; English where nothing tells.
    pub(super) fn of(text: &str) -> Self {
        let letters = text.chars().filter(|c| c.is_alphabetic());
        let (mut all, mut han, mut arabic) = (0usize, 0usize, 0usize);
        for c in letters {
            all += 1;
            han += usize::from(matches!(c, '\u{4E00}'..='\u{9FFF}'));
            arabic += usize::from(matches!(c, '\u{0600}'..='\u{06FF}'));
        }
        if han * 3 > all {
            return Self::Chinese;
        }
        if arabic * 2 > all {
            return Self::Arabic;
        }
        let lower = text.to_lowercase().replace('’', "'");
        let words: Vec<&str> = lower
            .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-')
            .filter(|word| !word.is_empty())
            .collect();
        let mut best = (Self::English, 0);
        for language in BY_WORDS {
            let count = words.iter().filter(|word| language.joins(word)).count();
            if count > best.1 {
                best = (language, count);
            }
        }
        best.0
    }

    /// Whether this is one of its small words.
    pub(super) fn joins(self, word: &str) -> bool {
        match self {
            Self::English => listed(ENGLISH, word),
            Self::German => listed(GERMAN, word),
            Self::French => {
                let elided = ["l", "d", "j", "n", "s", "c", "m", "t", "qu"];
                listed(FRENCH, word) || elided.contains(&word)
            }
            Self::Spanish => listed(SPANISH, word),
            Self::Chinese => listed(CHINESE, word),
            Self::Arabic => listed(ARABIC, word),
        }
    }

    /// Phrases that people are polite with, whose words mean something elsewhere.
    pub(super) fn courtesies(self) -> &'static [&'static str] {
        match self {
            Self::English => &[
                "good morning",
                "good afternoon",
                "good evening",
                "good day",
                "good night",
                "have a nice day",
                "in other words",
            ],
            Self::German => &[
                "guten morgen",
                "guten tag",
                "guten abend",
                "gute nacht",
                "auf wiedersehen",
                "schönen tag",
            ],
            Self::French => &[
                "bonne journée",
                "bonne nuit",
                "au revoir",
                "s'il vous plaît",
            ],
            Self::Spanish => &["buenos días", "buenas tardes", "buenas noches", "por favor"],
            Self::Chinese => &["你好", "您好", "谢谢", "早上好", "晚上好", "再见"],
            Self::Arabic => &["السلام عليكم", "صباح الخير", "مساء الخير", "من فضلك"],
        }
    }

    /// That the documents do not say it.
    pub(super) fn unsaid(self) -> &'static str {
        match self {
            Self::English => "The documents in this workspace do not say anything about that.",
            Self::German => "Dazu steht in den Dokumenten dieses Arbeitsbereichs nichts.",
            Self::French => "Les documents de cet espace de travail n’en disent rien.",
            Self::Spanish => "Los documentos de este espacio de trabajo no dicen nada al respecto.",
            Self::Chinese => "此工作区的文档中没有提到这一点。",
            Self::Arabic => "لا تذكر مستندات مساحة العمل هذه شيئًا عن ذلك.",
        }
    }
}
