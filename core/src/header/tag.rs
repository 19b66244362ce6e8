//! Tags: the numbers that name header entries.

use std::fmt;

use super::value::Type;

/// A tag number of a header entry.
///
/// Any number is possible; the constants are those that rpm 6.1 knows (its virtual tags included, as their types are
/// checked on reading too). In a signature header numbers of 1000 and above mean other things, see [`sig`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub u32);

macro_rules! tags {
    ($($constant:ident = $number:literal, $name:literal, $kind:ident;)*) => {
        #[allow(missing_docs, reason = "the names are rpm's RPMTAG_* names")]
        impl Tag {
            $(pub const $constant: Tag = Tag($number);)*
        }

        /// Ascending by number, for binary search.
        const KNOWN: &[(u32, &str, Type)] = &[$(($number, $name, Type::$kind),)*];
    };
}

impl Tag {
    /// First entry of an ancient header with a region.
    pub const HEADERIMAGE: Tag = Tag(61);
    /// First entry of a signature header with a region.
    pub const HEADERSIGNATURES: Tag = Tag(62);

    /// Returns rpm's name, as in messages, `--querytags` and the names of rpmdb's tables: `Basenames`.
    pub fn name(self) -> Option<&'static str> {
        self.known().map(|(_, name, _)| *name)
    }

    /// Finds a tag by rpm's name in any case; `None` for a name it does not know.
    pub fn from_name(name: &str) -> Option<Self> {
        KNOWN.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name)).map(|(number, ..)| Tag(*number))
    }

    /// Returns the type that rpm gives to the tag; `None` for a tag it does not know.
    pub fn kind(self) -> Option<Type> {
        self.known().map(|(_, _, kind)| *kind)
    }

    fn known(self) -> Option<&'static (u32, &'static str, Type)> {
        KNOWN.binary_search_by_key(&self.0, |(number, _, _)| *number).ok().map(|at| &KNOWN[at])
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// rpm's name, or `(unknown)`.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("(unknown)"))
    }
}

/// Tags whose numbers mean something else in a signature header than in a main header.
#[allow(missing_docs, reason = "the names are rpm's RPMSIGTAG_* names")]
pub mod sig {
    use super::Tag;

    pub const FILESIGNATURES: Tag = Tag(274);
    pub const FILESIGNATURELENGTH: Tag = Tag(275);
    pub const RESERVED: Tag = Tag(999);
    pub const SIZE: Tag = Tag(1000);
    pub const PGP: Tag = Tag(1002);
    pub const MD5: Tag = Tag(1004);
    pub const GPG: Tag = Tag(1005);
    pub const PAYLOADSIZE: Tag = Tag(1007);
    pub const RESERVEDSPACE: Tag = Tag(1008);
}

tags! {
    HEADERIMMUTABLE = 63, "Headerimmutable", Bin;
    HEADERI18NTABLE = 100, "Headeri18ntable", StringArray;
    SIGSIZE = 257, "Sigsize", Int32;
    SIGPGP = 259, "Sigpgp", Bin;
    SIGMD5 = 261, "Sigmd5", Bin;
    SIGGPG = 262, "Siggpg", Bin;
    PUBKEYS = 266, "Pubkeys", StringArray;
    DSAHEADER = 267, "Dsaheader", Bin;
    RSAHEADER = 268, "Rsaheader", Bin;
    SHA1HEADER = 269, "Sha1header", String;
    LONGSIGSIZE = 270, "Longsigsize", Int64;
    LONGARCHIVESIZE = 271, "Longarchivesize", Int64;
    SHA256HEADER = 273, "Sha256header", String;
    VERITYSIGNATURES = 276, "Veritysignatures", StringArray;
    VERITYSIGNATUREALGO = 277, "Veritysignaturealgo", Int32;
    OPENPGP = 278, "Openpgp", StringArray;
    SHA3_256HEADER = 279, "Sha3_256header", String;
    NAME = 1000, "Name", String;
    VERSION = 1001, "Version", String;
    RELEASE = 1002, "Release", String;
    EPOCH = 1003, "Epoch", Int32;
    SUMMARY = 1004, "Summary", I18nString;
    DESCRIPTION = 1005, "Description", I18nString;
    BUILDTIME = 1006, "Buildtime", Int32;
    BUILDHOST = 1007, "Buildhost", String;
    INSTALLTIME = 1008, "Installtime", Int32;
    SIZE = 1009, "Size", Int32;
    DISTRIBUTION = 1010, "Distribution", String;
    VENDOR = 1011, "Vendor", String;
    GIF = 1012, "Gif", Bin;
    XPM = 1013, "Xpm", Bin;
    LICENSE = 1014, "License", String;
    PACKAGER = 1015, "Packager", String;
    GROUP = 1016, "Group", I18nString;
    SOURCE = 1018, "Source", StringArray;
    PATCH = 1019, "Patch", StringArray;
    URL = 1020, "Url", String;
    OS = 1021, "Os", String;
    ARCH = 1022, "Arch", String;
    PREIN = 1023, "Prein", String;
    POSTIN = 1024, "Postin", String;
    PREUN = 1025, "Preun", String;
    POSTUN = 1026, "Postun", String;
    OLDFILENAMES = 1027, "Oldfilenames", StringArray;
    FILESIZES = 1028, "Filesizes", Int32;
    FILESTATES = 1029, "Filestates", Char;
    FILEMODES = 1030, "Filemodes", Int16;
    FILERDEVS = 1033, "Filerdevs", Int16;
    FILEMTIMES = 1034, "Filemtimes", Int32;
    FILEDIGESTS = 1035, "Filedigests", StringArray;
    FILELINKTOS = 1036, "Filelinktos", StringArray;
    FILEFLAGS = 1037, "Fileflags", Int32;
    FILEUSERNAME = 1039, "Fileusername", StringArray;
    FILEGROUPNAME = 1040, "Filegroupname", StringArray;
    ICON = 1043, "Icon", Bin;
    SOURCERPM = 1044, "Sourcerpm", String;
    FILEVERIFYFLAGS = 1045, "Fileverifyflags", Int32;
    ARCHIVESIZE = 1046, "Archivesize", Int32;
    PROVIDENAME = 1047, "Providename", StringArray;
    REQUIREFLAGS = 1048, "Requireflags", Int32;
    REQUIRENAME = 1049, "Requirename", StringArray;
    REQUIREVERSION = 1050, "Requireversion", StringArray;
    NOSOURCE = 1051, "Nosource", Int32;
    NOPATCH = 1052, "Nopatch", Int32;
    CONFLICTFLAGS = 1053, "Conflictflags", Int32;
    CONFLICTNAME = 1054, "Conflictname", StringArray;
    CONFLICTVERSION = 1055, "Conflictversion", StringArray;
    EXCLUDEARCH = 1059, "Excludearch", StringArray;
    EXCLUDEOS = 1060, "Excludeos", StringArray;
    EXCLUSIVEARCH = 1061, "Exclusivearch", StringArray;
    EXCLUSIVEOS = 1062, "Exclusiveos", StringArray;
    RPMVERSION = 1064, "Rpmversion", String;
    TRIGGERSCRIPTS = 1065, "Triggerscripts", StringArray;
    TRIGGERNAME = 1066, "Triggername", StringArray;
    TRIGGERVERSION = 1067, "Triggerversion", StringArray;
    TRIGGERFLAGS = 1068, "Triggerflags", Int32;
    TRIGGERINDEX = 1069, "Triggerindex", Int32;
    VERIFYSCRIPT = 1079, "Verifyscript", String;
    CHANGELOGTIME = 1080, "Changelogtime", Int32;
    CHANGELOGNAME = 1081, "Changelogname", StringArray;
    CHANGELOGTEXT = 1082, "Changelogtext", StringArray;
    PREINPROG = 1085, "Preinprog", StringArray;
    POSTINPROG = 1086, "Postinprog", StringArray;
    PREUNPROG = 1087, "Preunprog", StringArray;
    POSTUNPROG = 1088, "Postunprog", StringArray;
    BUILDARCHS = 1089, "Buildarchs", StringArray;
    OBSOLETENAME = 1090, "Obsoletename", StringArray;
    VERIFYSCRIPTPROG = 1091, "Verifyscriptprog", StringArray;
    TRIGGERSCRIPTPROG = 1092, "Triggerscriptprog", StringArray;
    COOKIE = 1094, "Cookie", String;
    FILEDEVICES = 1095, "Filedevices", Int32;
    FILEINODES = 1096, "Fileinodes", Int32;
    FILELANGS = 1097, "Filelangs", StringArray;
    PREFIXES = 1098, "Prefixes", StringArray;
    INSTPREFIXES = 1099, "Instprefixes", StringArray;
    SOURCEPACKAGE = 1106, "Sourcepackage", Int32;
    PROVIDEFLAGS = 1112, "Provideflags", Int32;
    PROVIDEVERSION = 1113, "Provideversion", StringArray;
    OBSOLETEFLAGS = 1114, "Obsoleteflags", Int32;
    OBSOLETEVERSION = 1115, "Obsoleteversion", StringArray;
    DIRINDEXES = 1116, "Dirindexes", Int32;
    BASENAMES = 1117, "Basenames", StringArray;
    DIRNAMES = 1118, "Dirnames", StringArray;
    ORIGDIRINDEXES = 1119, "Origdirindexes", Int32;
    ORIGBASENAMES = 1120, "Origbasenames", StringArray;
    ORIGDIRNAMES = 1121, "Origdirnames", StringArray;
    OPTFLAGS = 1122, "Optflags", String;
    DISTURL = 1123, "Disturl", String;
    PAYLOADFORMAT = 1124, "Payloadformat", String;
    PAYLOADCOMPRESSOR = 1125, "Payloadcompressor", String;
    PAYLOADFLAGS = 1126, "Payloadflags", String;
    INSTALLCOLOR = 1127, "Installcolor", Int32;
    INSTALLTID = 1128, "Installtid", Int32;
    REMOVETID = 1129, "Removetid", Int32;
    PLATFORM = 1132, "Platform", String;
    PATCHESNAME = 1133, "Patchesname", StringArray;
    PATCHESFLAGS = 1134, "Patchesflags", Int32;
    PATCHESVERSION = 1135, "Patchesversion", StringArray;
    FILECOLORS = 1140, "Filecolors", Int32;
    FILECLASS = 1141, "Fileclass", Int32;
    CLASSDICT = 1142, "Classdict", StringArray;
    FILEDEPENDSX = 1143, "Filedependsx", Int32;
    FILEDEPENDSN = 1144, "Filedependsn", Int32;
    DEPENDSDICT = 1145, "Dependsdict", Int32;
    SOURCESIGMD5 = 1146, "Sourcesigmd5", Bin;
    FILECONTEXTS = 1147, "Filecontexts", StringArray;
    FSCONTEXTS = 1148, "Fscontexts", StringArray;
    RECONTEXTS = 1149, "Recontexts", StringArray;
    POLICIES = 1150, "Policies", StringArray;
    PRETRANS = 1151, "Pretrans", String;
    POSTTRANS = 1152, "Posttrans", String;
    PRETRANSPROG = 1153, "Pretransprog", StringArray;
    POSTTRANSPROG = 1154, "Posttransprog", StringArray;
    DISTTAG = 1155, "Disttag", String;
    OLDSUGGESTSNAME = 1156, "Oldsuggestsname", StringArray;
    OLDSUGGESTSVERSION = 1157, "Oldsuggestsversion", StringArray;
    OLDSUGGESTSFLAGS = 1158, "Oldsuggestsflags", Int32;
    OLDENHANCESNAME = 1159, "Oldenhancesname", StringArray;
    OLDENHANCESVERSION = 1160, "Oldenhancesversion", StringArray;
    OLDENHANCESFLAGS = 1161, "Oldenhancesflags", Int32;
    DBINSTANCE = 1195, "Dbinstance", Int32;
    NVRA = 1196, "Nvra", String;
    FILENAMES = 5000, "Filenames", StringArray;
    FILEPROVIDE = 5001, "Fileprovide", StringArray;
    FILEREQUIRE = 5002, "Filerequire", StringArray;
    TRIGGERCONDS = 5005, "Triggerconds", StringArray;
    TRIGGERTYPE = 5006, "Triggertype", StringArray;
    ORIGFILENAMES = 5007, "Origfilenames", StringArray;
    LONGFILESIZES = 5008, "Longfilesizes", Int64;
    LONGSIZE = 5009, "Longsize", Int64;
    FILECAPS = 5010, "Filecaps", StringArray;
    FILEDIGESTALGO = 5011, "Filedigestalgo", Int32;
    BUGURL = 5012, "Bugurl", String;
    EVR = 5013, "Evr", String;
    NVR = 5014, "Nvr", String;
    NEVR = 5015, "Nevr", String;
    NEVRA = 5016, "Nevra", String;
    HEADERCOLOR = 5017, "Headercolor", Int32;
    VERBOSE = 5018, "Verbose", Int32;
    EPOCHNUM = 5019, "Epochnum", Int32;
    PREINFLAGS = 5020, "Preinflags", Int32;
    POSTINFLAGS = 5021, "Postinflags", Int32;
    PREUNFLAGS = 5022, "Preunflags", Int32;
    POSTUNFLAGS = 5023, "Postunflags", Int32;
    PRETRANSFLAGS = 5024, "Pretransflags", Int32;
    POSTTRANSFLAGS = 5025, "Posttransflags", Int32;
    VERIFYSCRIPTFLAGS = 5026, "Verifyscriptflags", Int32;
    TRIGGERSCRIPTFLAGS = 5027, "Triggerscriptflags", Int32;
    POLICYNAMES = 5030, "Policynames", StringArray;
    POLICYTYPES = 5031, "Policytypes", StringArray;
    POLICYTYPESINDEXES = 5032, "Policytypesindexes", Int32;
    POLICYFLAGS = 5033, "Policyflags", Int32;
    VCS = 5034, "Vcs", String;
    ORDERNAME = 5035, "Ordername", StringArray;
    ORDERVERSION = 5036, "Orderversion", StringArray;
    ORDERFLAGS = 5037, "Orderflags", Int32;
    INSTFILENAMES = 5040, "Instfilenames", StringArray;
    REQUIRENEVRS = 5041, "Requirenevrs", StringArray;
    PROVIDENEVRS = 5042, "Providenevrs", StringArray;
    OBSOLETENEVRS = 5043, "Obsoletenevrs", StringArray;
    CONFLICTNEVRS = 5044, "Conflictnevrs", StringArray;
    FILENLINKS = 5045, "Filenlinks", Int32;
    RECOMMENDNAME = 5046, "Recommendname", StringArray;
    RECOMMENDVERSION = 5047, "Recommendversion", StringArray;
    RECOMMENDFLAGS = 5048, "Recommendflags", Int32;
    SUGGESTNAME = 5049, "Suggestname", StringArray;
    SUGGESTVERSION = 5050, "Suggestversion", StringArray;
    SUGGESTFLAGS = 5051, "Suggestflags", Int32;
    SUPPLEMENTNAME = 5052, "Supplementname", StringArray;
    SUPPLEMENTVERSION = 5053, "Supplementversion", StringArray;
    SUPPLEMENTFLAGS = 5054, "Supplementflags", Int32;
    ENHANCENAME = 5055, "Enhancename", StringArray;
    ENHANCEVERSION = 5056, "Enhanceversion", StringArray;
    ENHANCEFLAGS = 5057, "Enhanceflags", Int32;
    RECOMMENDNEVRS = 5058, "Recommendnevrs", StringArray;
    SUGGESTNEVRS = 5059, "Suggestnevrs", StringArray;
    SUPPLEMENTNEVRS = 5060, "Supplementnevrs", StringArray;
    ENHANCENEVRS = 5061, "Enhancenevrs", StringArray;
    ENCODING = 5062, "Encoding", String;
    FILETRIGGERSCRIPTS = 5066, "Filetriggerscripts", StringArray;
    FILETRIGGERSCRIPTPROG = 5067, "Filetriggerscriptprog", StringArray;
    FILETRIGGERSCRIPTFLAGS = 5068, "Filetriggerscriptflags", Int32;
    FILETRIGGERNAME = 5069, "Filetriggername", StringArray;
    FILETRIGGERINDEX = 5070, "Filetriggerindex", Int32;
    FILETRIGGERVERSION = 5071, "Filetriggerversion", StringArray;
    FILETRIGGERFLAGS = 5072, "Filetriggerflags", Int32;
    TRANSFILETRIGGERSCRIPTS = 5076, "Transfiletriggerscripts", StringArray;
    TRANSFILETRIGGERSCRIPTPROG = 5077, "Transfiletriggerscriptprog", StringArray;
    TRANSFILETRIGGERSCRIPTFLAGS = 5078, "Transfiletriggerscriptflags", Int32;
    TRANSFILETRIGGERNAME = 5079, "Transfiletriggername", StringArray;
    TRANSFILETRIGGERINDEX = 5080, "Transfiletriggerindex", Int32;
    TRANSFILETRIGGERVERSION = 5081, "Transfiletriggerversion", StringArray;
    TRANSFILETRIGGERFLAGS = 5082, "Transfiletriggerflags", Int32;
    FILETRIGGERPRIORITIES = 5084, "Filetriggerpriorities", Int32;
    TRANSFILETRIGGERPRIORITIES = 5085, "Transfiletriggerpriorities", Int32;
    FILETRIGGERCONDS = 5086, "Filetriggerconds", StringArray;
    FILETRIGGERTYPE = 5087, "Filetriggertype", StringArray;
    TRANSFILETRIGGERCONDS = 5088, "Transfiletriggerconds", StringArray;
    TRANSFILETRIGGERTYPE = 5089, "Transfiletriggertype", StringArray;
    FILESIGNATURES = 5090, "Filesignatures", StringArray;
    FILESIGNATURELENGTH = 5091, "Filesignaturelength", Int32;
    PAYLOADSHA256 = 5092, "Payloadsha256", StringArray;
    PAYLOADSHA256ALGO = 5093, "Payloadsha256algo", Int32;
    MODULARITYLABEL = 5096, "Modularitylabel", String;
    PAYLOADSHA256ALT = 5097, "Payloadsha256alt", StringArray;
    ARCHSUFFIX = 5098, "Archsuffix", String;
    SPEC = 5099, "Spec", String;
    TRANSLATIONURL = 5100, "Translationurl", String;
    UPSTREAMRELEASES = 5101, "Upstreamreleases", String;
    PREUNTRANS = 5103, "Preuntrans", String;
    POSTUNTRANS = 5104, "Postuntrans", String;
    PREUNTRANSPROG = 5105, "Preuntransprog", StringArray;
    POSTUNTRANSPROG = 5106, "Postuntransprog", StringArray;
    PREUNTRANSFLAGS = 5107, "Preuntransflags", Int32;
    POSTUNTRANSFLAGS = 5108, "Postuntransflags", Int32;
    SYSUSERS = 5109, "Sysusers", StringArray;
    PAYLOADSIZE = 5112, "Payloadsize", Int64;
    PAYLOADSIZEALT = 5113, "Payloadsizealt", Int64;
    RPMFORMAT = 5114, "Rpmformat", Int32;
    FILEMIMEINDEX = 5115, "Filemimeindex", Int32;
    MIMEDICT = 5116, "Mimedict", StringArray;
    FILEMIMES = 5117, "Filemimes", StringArray;
    PACKAGEDIGESTS = 5118, "Packagedigests", StringArray;
    PACKAGEDIGESTALGOS = 5119, "Packagedigestalgos", Int32;
    SOURCENEVR = 5120, "Sourcenevr", String;
    PAYLOADSHA512 = 5121, "Payloadsha512", String;
    PAYLOADSHA512ALT = 5122, "Payloadsha512alt", String;
    PAYLOADSHA3_256 = 5123, "Payloadsha3_256", String;
    PAYLOADSHA3_256ALT = 5124, "Payloadsha3_256alt", String;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(Tag::BASENAMES.name(), Some("Basenames"));
        assert_eq!(Tag::EPOCH.kind(), Some(Type::Int32));
        assert_eq!(Tag(4711).kind(), None);
    }
}
