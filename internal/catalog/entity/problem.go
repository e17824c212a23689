package entity

// Position is a place in a file.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`   // from 1; 0: the file as a whole
	Column int    `json:"column"` // from 1, in characters; 0: the whole line
}

// Level says whether a problem keeps the entity out of the catalog.
type Level int

// The levels.
const (
	Error   Level = iota // the entity cannot be used
	Warning              // it can, but something is probably not what was meant
)

// String is "error" or "warning".
func (l Level) String() string {
	if l == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText makes the level "error" or "warning" in JSON.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Problem is one thing wrong with a document.
type Problem struct {
	Position
	// EndLine and EndColumn say where the faulty value ends, exclusive; equal to the position when
	// that cannot be told.
	EndLine   int    `json:"endLine"`
	EndColumn int    `json:"endColumn"`
	Path      string `json:"path"` // spec.owner, metadata.tags.1; "" is the document
	Level     Level  `json:"level"`
	Message   string `json:"message"` // what is wrong, naming the field
	Remedy    string `json:"remedy"`  // what to write instead, with an example; may be empty
}

// Verdict is the word that Backstage's own validators would say of a document.
type Verdict string

// The verdicts.
const (
	Valid       Verdict = "valid"
	Invalid     Verdict = "invalid"
	Empty       Verdict = "empty"        // nothing between two "---"
	Unreadable  Verdict = "unreadable"   // not YAML, or past a limit
	UnknownKind Verdict = "unknown-kind" // the envelope is right, no built-in kind claims it: a custom kind
	OtherModule Verdict = "other-module" // Template and AiResource, which Backstage validates elsewhere
)
