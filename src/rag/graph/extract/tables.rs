//! Tables: the words by which names are known, folded and in order.

/// What stands before the name of a person and nothing else.
pub(super) const COURTESIES: &[&str] = &[
    "dame", "dipl", "don", "dona", "dott", "dottssa", "dr", "fr", "frau", "fraulein", "herr",
    "herrn", "hr", "ing", "madam", "madame", "mag", "miss", "mister", "mlle", "mme", "monsieur",
    "mr", "mrs", "ms", "prof", "professor", "rev", "reverend", "senor", "senora", "senorita",
    "signor", "signora", "sir", "sra", "srta",
];

/// What stands before the name of a person, and also alone.
pub(super) const RANKS: &[&str] = &[
    "admiral", "ambassador", "archbishop", "bishop", "bundeskanzler", "bundeskanzlerin",
    "burgermeister", "burgermeisterin", "capt", "captain", "cardinal", "chancellor", "colonel",
    "gen", "governor", "kanzler", "kanzlerin", "lieutenant", "lt", "mayor", "prasident",
    "prasidentin", "president", "senator", "sergeant", "sgt",
];

/// What belongs to the name of one who is known by a given name.
pub(super) const CROWNS: &[&str] = &[
    "emperor", "empress", "kaiser", "kaiserin", "king", "konig", "konigin", "papst", "pope",
    "prince", "princess", "queen", "reina", "reine", "rey", "roi", "saint", "sultan",
];

/// Labels of forms and letters with a person behind the colon.
pub(super) const LABELS: &[&str] = &[
    "absender", "an", "ansprechpartner", "ansprechpartnerin", "approver", "attendee", "attendees",
    "auteur", "author", "authors", "autor", "autora", "autorin", "bearbeiter", "bearbeiterin", "cc",
    "contact", "contacto", "de", "destinataire", "destinatario", "editor", "empfanger",
    "expediteur", "from", "kontakt", "kunde", "manager", "name", "organizer", "owner", "para",
    "por", "presenter", "recipient", "remitente", "responsable", "reviewer", "sender", "signed",
    "speaker", "to", "verfasser", "verfasserin", "von",
];

/// Small words inside the name of a person.
pub(super) const PARTICLES: &[&str] = &[
    "af", "al", "av", "bin", "da", "de", "del", "della", "di", "do", "dos", "du", "ibn", "la", "le",
    "ten", "ter", "van", "vom", "von", "zu",
];

/// Words that begin sentences and are no part of a name, in four languages; days and months.
pub(super) const PLAIN: &[&str] = &[
    "a", "ab", "aber", "about", "above", "abril", "after", "against", "agosto", "al", "all", "alle",
    "als", "also", "although", "am", "an", "and", "another", "any", "aout", "apres", "april",
    "aquel", "aquella", "are", "as", "at", "au", "auch", "auf", "august", "aus", "aussi", "aux",
    "avant", "avec", "avoir", "avril", "bajo", "be", "because", "been", "before", "bei", "beim",
    "being", "below", "beste", "between", "bis", "bonjour", "both", "but", "by", "can", "car", "ce",
    "ces", "cet", "cette", "cher", "chere", "chez", "comme", "como", "con", "could", "cual",
    "cuando", "da", "damit", "dann", "dans", "darf", "das", "dass", "de", "dear", "december",
    "decembre", "dein", "del", "dem", "den", "denn", "depuis", "der", "des", "desde", "dezember",
    "diciembre", "did", "die", "dienstag", "diese", "diesem", "diesen", "dieser", "dieses",
    "dimanche", "do", "does", "domingo", "donc", "donde", "donnerstag", "dont", "dort", "du",
    "durante", "durch", "during", "each", "eight", "ein", "eine", "einem", "einen", "einer",
    "eines", "either", "el", "ella", "ellas", "elle", "elles", "ellos", "en", "enero", "entre",
    "er", "era", "eran", "es", "esa", "ese", "est", "esta", "estan", "estas", "este", "estimada",
    "estimado", "estos", "et", "etait", "etre", "euer", "even", "every", "febrero", "februar",
    "february", "fevrier", "few", "first", "five", "for", "four", "freitag", "friday", "from",
    "fue", "fueron", "fur", "geehrte", "geehrter", "gegen", "gemass", "gracias", "grusse", "ha",
    "haben", "had", "hallo", "han", "has", "hasta", "hat", "hatte", "have", "hay", "he", "hello",
    "hence", "her", "here", "hi", "hier", "his", "hola", "how", "however", "i", "ich", "if", "ihr",
    "il", "ils", "im", "in", "into", "is", "ist", "it", "its", "ja", "januar", "january", "janvier",
    "je", "jede", "jeder", "jedes", "jene", "jener", "jenes", "jeudi", "jueves", "juillet", "juin",
    "juli", "julio", "july", "june", "juni", "junio", "just", "kann", "kein", "keine", "konnen",
    "la", "las", "last", "laut", "le", "les", "leur", "leurs", "liebe", "lieber", "lo", "lorsque",
    "los", "lundi", "lunes", "ma", "mai", "mais", "many", "march", "mardi", "mars", "martes",
    "marz", "marzo", "mas", "may", "mayo", "mein", "merci", "mercredi", "mes", "mi", "miercoles",
    "might", "mis", "mit", "mittwoch", "mon", "monday", "montag", "more", "most", "much", "muss",
    "must", "muy", "my", "nach", "ne", "nein", "neither", "next", "ni", "nicht", "nine", "no",
    "noch", "nor", "nosotros", "not", "note", "notre", "nous", "november", "novembre", "noviembre",
    "now", "nuestro", "nur", "o", "ob", "october", "octobre", "octubre", "oder", "of", "ohne",
    "oktober", "on", "once", "one", "only", "ont", "onto", "or", "other", "ou", "our", "over",
    "par", "para", "pas", "pendant", "per", "pero", "please", "plus", "por", "porque", "pour",
    "quand", "que", "qui", "quien", "quoi", "regards", "sa", "sabado", "samedi", "samstag", "sans",
    "saturday", "schon", "se", "second", "see", "segun", "sehr", "sein", "seit", "selon",
    "september", "septembre", "septiembre", "ses", "seven", "several", "shall", "she", "should",
    "si", "sie", "siehe", "sin", "since", "sincerely", "sind", "six", "so", "sobre", "soll",
    "sollen", "some", "son", "sonntag", "sont", "sous", "still", "su", "such", "sunday", "sur",
    "sus", "tambien", "ten", "thank", "thanks", "that", "the", "their", "then", "there",
    "therefore", "these", "they", "third", "this", "those", "though", "three", "through",
    "thursday", "thus", "to", "toda", "todas", "today", "todo", "todos", "tomorrow", "tous", "tout",
    "toute", "toutes", "tres", "tu", "tuesday", "two", "uber", "um", "un", "unas", "und", "under",
    "une", "unos", "unser", "unter", "until", "upon", "vendredi", "vers", "via", "viele", "viernes",
    "voici", "voila", "vom", "von", "vor", "votre", "vous", "vuestra", "wahrend", "war", "waren",
    "warum", "was", "we", "wednesday", "weil", "wenn", "wer", "werden", "were", "what", "when",
    "where", "which", "while", "who", "whom", "whose", "why", "wie", "will", "wir", "wird", "with",
    "within", "without", "wo", "would", "wurde", "wurden", "y", "yes", "yesterday", "yet", "yo",
    "you", "your", "zu", "zum", "zur", "zwischen",
];

/// What follows a name and is not its last word.
pub(super) const NO_SURNAMES: &[&str] = &[
    "academy", "act", "agency", "agreement", "airport", "algorithm", "allee", "american", "army",
    "association", "avenida", "avenue", "award", "awards", "bahnhof", "bank", "battle", "bay",
    "bericht", "bible", "bill", "bowl", "bridge", "british", "brucke", "building", "calle",
    "castle", "cathedral", "catholic", "center", "centre", "chapter", "chinese", "church", "city",
    "club", "code", "college", "commission", "committee", "committees", "company", "contract",
    "corporation", "council", "county", "cup", "day", "democratic", "democrats", "department",
    "desert", "disease", "dynasty", "ecole", "effect", "eglise", "empire", "english", "equation",
    "era", "escuela", "european", "faith", "figure", "flughafen", "fluss", "force", "forces",
    "foundation", "french", "gallery", "games", "gare", "german", "group", "hall", "haus",
    "hospital", "hotel", "house", "iglesia", "index", "indian", "institute", "invoice", "islamic",
    "island", "islands", "italian", "japanese", "jewish", "kingdom", "kirche", "lake", "lane",
    "law", "laws", "league", "library", "memorial", "method", "ministry", "mount", "mountain",
    "mountains", "museo", "museum", "muslim", "nation", "navy", "night", "nobility", "ocean",
    "office", "page", "palace", "park", "party", "place", "plan", "platz", "plaza", "pont", "prize",
    "project", "projekt", "protestant", "puente", "rathaus", "rechnung", "report", "republic",
    "river", "road", "roman", "rue", "rule", "rules", "russian", "scale", "school", "schule", "sea",
    "section", "see", "series", "show", "society", "spanish", "square", "stadium", "stadt",
    "station", "strasse", "street", "syndrome", "table", "team", "teatro", "test", "theater",
    "theatre", "theology", "theorem", "theory", "tower", "town", "tradition", "treaty", "union",
    "universidad", "universitat", "universite", "university", "valley", "version", "vertrag",
    "village", "war", "week", "weg", "year", "years",
];

/// The last word of many organisations.
pub(super) const ORGANISATIONS: &[&str] = &[
    "academia", "academie", "academy", "agence", "agencia", "agency", "airlines", "airways",
    "akademie", "alliance", "amt", "amtsgericht", "asociacion", "association", "authority",
    "ayuntamiento", "banca", "banco", "bank", "banque", "board", "broadcasting", "bundesamt",
    "bundesbank", "bundesgericht", "bundesministerium", "bureau", "church", "club", "college",
    "commission", "committee", "company", "congress", "conseil", "consejo", "consortium",
    "corporation", "council", "court", "department", "federation", "finanzamt", "fondation",
    "fondazione", "foundation", "fundacion", "gericht", "gesellschaft", "gewerkschaft", "group",
    "hochschule", "holdings", "hopital", "hospital", "industries", "institut", "institute",
    "instituto", "insurance", "istituto", "kirche", "klinikum", "krankenhaus", "laboratories",
    "laboratory", "landesamt", "landgericht", "league", "ministere", "ministerio", "ministerium",
    "ministero", "ministry", "motors", "museum", "observatory", "orchestra", "organisation",
    "organization", "parliament", "partei", "partners", "party", "pharmaceuticals", "press",
    "railway", "railways", "school", "senate", "sindicato", "sociedad", "societe", "society",
    "sparkasse", "stadtwerke", "stiftung", "syndicat", "technologies", "tribunal", "union",
    "universidad", "universita", "universitat", "universite", "university", "verband", "verein",
    "werke",
];

/// The first word of many organisations: `University of …`.
pub(super) const LEADING: &[&str] = &[
    "academia", "academie", "academy", "asociacion", "association", "banca", "banco", "bank",
    "banque", "board", "bundesamt", "bundesministerium", "bureau", "church", "college",
    "commission", "committee", "conseil", "consejo", "council", "cour", "court", "department",
    "federation", "hochschule", "house", "institut", "institute", "instituto", "league",
    "ministere", "ministerio", "ministerium", "ministero", "ministry", "museum", "office",
    "organisation", "organization", "school", "society", "tribunal", "universidad", "universita",
    "universitat", "universite", "university", "verband",
];

/// Words that make no name of those: a `High School` is none in particular.
pub(super) const COMMON: &[&str] = &[
    "a", "ab", "aber", "about", "above", "abril", "after", "against", "agosto", "al", "all", "alle",
    "als", "also", "although", "am", "american", "an", "and", "another", "any", "aout", "apres",
    "april", "aquel", "aquella", "are", "as", "at", "au", "auch", "auf", "august", "aus", "aussi",
    "aux", "avant", "avec", "avoir", "avril", "bajo", "be", "because", "been", "before", "bei",
    "beim", "being", "below", "best", "beste", "between", "big", "bis", "boarding", "bonjour",
    "both", "british", "business", "but", "by", "can", "car", "catholic", "ce", "central", "ces",
    "cet", "cette", "cher", "chere", "chez", "christian", "city", "cloud", "comme", "como",
    "computer", "con", "constitutional", "contracting", "could", "county", "cual", "cuando",
    "customer", "da", "damit", "dann", "dans", "darf", "das", "dass", "data", "de", "dear",
    "december", "decembre", "dein", "del", "dem", "den", "denn", "depuis", "der", "des", "desde",
    "dezember", "diciembre", "did", "die", "dienstag", "diese", "diesem", "diesen", "dieser",
    "dieses", "digital", "dimanche", "disclosing", "do", "does", "domingo", "donc", "donde",
    "donnerstag", "dont", "dort", "du", "durante", "durch", "during", "each", "education", "eight",
    "ein", "eine", "einem", "einen", "einer", "eines", "either", "el", "elementary", "ella",
    "ellas", "elle", "elles", "ellos", "en", "enero", "english", "entre", "er", "era", "eran", "es",
    "esa", "ese", "est", "esta", "estan", "estas", "este", "estimada", "estimado", "estos", "et",
    "etait", "etre", "euer", "european", "even", "every", "febrero", "februar", "february",
    "federal", "fevrier", "few", "file", "financial", "firma", "first", "five", "for", "four",
    "free", "freitag", "french", "friday", "from", "fue", "fueron", "fur", "geehrte", "geehrter",
    "gegen", "gemass", "general", "german", "gracias", "graduate", "grammar", "grusse", "ha",
    "haben", "had", "hallo", "han", "has", "hasta", "hat", "hatte", "have", "hay", "he", "health",
    "hello", "hence", "her", "here", "hi", "hier", "high", "higher", "his", "hola", "holding",
    "how", "however", "human", "i", "ich", "if", "ihr", "il", "ils", "im", "in", "independent",
    "information", "international", "into", "is", "islamic", "ist", "it", "its", "ja", "januar",
    "january", "janvier", "je", "jede", "jeder", "jedes", "jene", "jener", "jenes", "jeudi",
    "jewish", "joint", "jueves", "juillet", "juin", "juli", "julio", "july", "june", "juni",
    "junio", "just", "kann", "kein", "keine", "konnen", "la", "large", "las", "last", "laut", "law",
    "le", "les", "leur", "leurs", "liebe", "lieber", "limited", "lo", "local", "lorsque", "los",
    "lower", "lundi", "lunes", "ma", "mai", "mais", "many", "march", "mardi", "mars", "martes",
    "marz", "marzo", "mas", "may", "mayo", "medical", "mein", "merci", "mercredi", "mes", "mi",
    "middle", "miercoles", "might", "mis", "mit", "mittwoch", "mon", "monday", "montag", "more",
    "most", "much", "municipal", "muslim", "muss", "must", "muy", "my", "nach", "national", "ne",
    "nein", "neither", "network", "new", "next", "ni", "nicht", "nine", "no", "noch", "nor",
    "nosotros", "not", "note", "notre", "nous", "november", "novembre", "noviembre", "now",
    "nuestro", "nur", "o", "ob", "october", "octobre", "octubre", "oder", "of", "ohne", "oktober",
    "old", "on", "once", "one", "online", "only", "ont", "onto", "open", "operating", "or", "other",
    "ou", "our", "over", "par", "para", "parent", "pas", "pendant", "per", "pero", "please", "plus",
    "por", "porque", "pour", "primary", "private", "private-sector", "professional", "protestant",
    "public", "quand", "que", "qui", "quien", "quoi", "receiving", "regards", "regional",
    "research", "royal", "sa", "sabado", "samedi", "samstag", "sans", "saturday", "schon", "se",
    "second", "secondary", "security", "see", "segun", "sehr", "sein", "seit", "selon", "september",
    "septembre", "septiembre", "ses", "seven", "several", "shall", "she", "should", "si", "sie",
    "siehe", "sin", "since", "sincerely", "sind", "six", "small", "so", "sobre", "social", "soll",
    "sollen", "some", "son", "sonntag", "sont", "sous", "spanish", "state", "still", "su", "such",
    "sunday", "support", "supreme", "sur", "sus", "tambien", "technical", "ten", "thank", "thanks",
    "that", "the", "their", "then", "there", "therefore", "these", "they", "third", "third-party",
    "this", "those", "though", "three", "through", "thursday", "thus", "to", "toda", "todas",
    "today", "todo", "todos", "tomorrow", "tous", "tout", "toute", "toutes", "trading", "tres",
    "tu", "tuesday", "two", "uber", "um", "un", "unas", "und", "under", "une", "unos", "unser",
    "unter", "until", "upon", "upper", "vendredi", "vers", "via", "viele", "viernes", "voici",
    "voila", "vom", "von", "vor", "votre", "vous", "vuestra", "wahrend", "war", "waren", "warum",
    "was", "we", "web", "wednesday", "weil", "wenn", "wer", "werden", "were", "what", "when",
    "where", "which", "while", "who", "whom", "whose", "why", "wie", "will", "wir", "wird", "with",
    "within", "without", "wo", "would", "wurde", "wurden", "y", "yes", "yesterday", "yet", "yo",
    "you", "your", "zu", "zum", "zur", "zwischen",
];

/// The last word of many places.
pub(super) const WATERS_AND_WAYS: &[&str] = &[
    "airport", "avenida", "avenue", "bay", "beach", "bridge", "canal", "canyon", "county", "desert",
    "falls", "forest", "glacier", "gulf", "harbor", "harbour", "hills", "island", "islands", "lake",
    "lane", "mountain", "mountains", "ocean", "peninsula", "plateau", "plaza", "province", "river",
    "road", "sea", "square", "strait", "strasse", "street", "valley",
];

/// The first word of many places.
pub(super) const BEFORE_PLACES: &[&str] = &[
    "avenida", "avenue", "bay", "calle", "cape", "city", "county", "fort", "gulf", "isle",
    "kingdom", "lake", "mont", "monte", "mount", "mt", "place", "plaza", "port", "province",
    "republic", "rio", "river", "rue", "san", "santa", "state", "strait",
];

/// Ends of the names of companies, as tokens; the longest first.
pub(super) const FORMS: &[&[&str]] = &[
    &["gmbh", "&", "co", ".", "kg"], &["gmbh", "&", "co", "kg"], &["ag", "&", "co", ".", "kg"],
    &["ag", "&", "co", "kg"], &["gmbh", "&", "co", ".", "kgaa"], &["pty", ".", "ltd", "."], &["s", ".", "r", ".", "o", "."],
    &["pty", "ltd"], &["pvt", "ltd"], &["co", ".", ",", "ltd", "."], &["co", ".", "ltd", "."], &["co", "ltd"],
    &["a", "/", "s"], &["sp", ".", "z", "o.o", "."], &["inc", "."], &["ltd", "."], &["corp", "."], &["co", "."],
    &["inc"], &["ltd"], &["corp"], &["llc"], &["llp"], &["plc"], &["gmbh"], &["mbh"], &["kgaa"], &["ohg"], &["gbr"],
    &["ug"], &["ag"], &["kg"], &["se"], &["e.v", "."], &["ev"], &["eg"], &["s.a", "."], &["sa"], &["sas"], &["sarl"],
    &["s.l", "."], &["sl"], &["s.p.a", "."], &["spa"], &["s.r.l", "."], &["srl"], &["b.v", "."], &["bv"], &["n.v", "."],
    &["nv"], &["ab"], &["asa"], &["oy"], &["oyj"], &["aps"], &["k.k", "."], &["s.r.o", "."], &["limited"], &["incorporated"],
];

/// Of those, the ones that are also words or parts of headings in capitals.
pub(super) const SHORT_FORMS: &[&str] = &[
    "ab", "ag", "asa", "eg", "ev", "kg", "limited", "nv", "sa", "sas", "se", "sl", "spa", "ug",
];

/// Organisations known by their letters, as they are written.
pub(super) const LETTERS: &[&str] = &[
    "ABC", "ASEAN", "BASF", "BBC", "BMW", "BSI", "BaFin", "CBS", "CDU", "CERN", "CIA", "CNN",
    "CSU", "ECB", "EPA", "ESA", "ETH", "EU", "EZB", "FBI", "FCC", "FDA", "FDP", "FIFA", "IBM",
    "IEEE", "IETF", "IMF", "MIT", "NASA", "NATO", "NBA", "NBC", "NFL", "NHS", "NSA", "OECD",
    "OMS", "ONU", "OPEC", "OTAN", "SAP", "SEC", "SPD", "TÜV", "UCLA", "UEFA", "UN", "UNESCO",
    "UNICEF", "UNO", "USDA", "VW", "W3C", "WHO", "WTO",
];

/// Organisations known by one word.
pub(super) const HOUSES: &[&str] = &[
    "airbus", "boeing", "facebook", "google", "greenpeace", "intel", "interpol", "lufthansa",
    "microsoft", "nestle", "netflix", "nvidia", "samsung", "siemens", "spotify", "toyota",
    "twitter", "unilever", "volkswagen", "wikipedia", "youtube",
];

/// Whether a sorted table has a word.
pub(super) fn has(table: &[&str], word: &str) -> bool {
    table.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn tables_are_folded_and_in_order() {
        for table in [
            COURTESIES, RANKS, CROWNS, LABELS, PARTICLES, PLAIN, NO_SURNAMES, ORGANISATIONS, LEADING, COMMON,
            WATERS_AND_WAYS, BEFORE_PLACES, HOUSES, super::super::given::GIVEN, super::super::given::ALSO_WORDS,
            super::super::places::PLACES,
        ] {
            assert!(table.is_sorted());
            for word in table {
                assert_eq!(fold(word), *word);
            }
        }
        assert!(LETTERS.is_sorted() && SHORT_FORMS.is_sorted());
    }
}
