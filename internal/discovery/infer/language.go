package infer

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"portico/internal/forge"
)

// Language is one language of a repository.
type Language struct {
	Name    string
	Percent int // of the bytes of all files in a programming language
	example string
	file    string // one of them
}

var languageOf = map[string]string{
	".go": "Go", ".ts": "TypeScript", ".tsx": "TypeScript", ".mts": "TypeScript", ".js": "JavaScript", ".jsx": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript",
	".java": "Java", ".kt": "Kotlin", ".kts": "Kotlin", ".scala": "Scala", ".groovy": "Groovy", ".clj": "Clojure",
	".py": "Python", ".rb": "Ruby", ".php": "PHP", ".pl": "Perl", ".lua": "Lua", ".r": "R", ".jl": "Julia",
	".rs": "Rust", ".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++", ".cxx": "C++", ".hpp": "C++", ".zig": "Zig", ".m": "Objective-C", ".swift": "Swift",
	".cs": "C#", ".fs": "F#", ".vb": "Visual-Basic", ".dart": "Dart", ".ex": "Elixir", ".exs": "Elixir", ".erl": "Erlang", ".hs": "Haskell", ".ml": "OCaml", ".elm": "Elm",
	".vue": "Vue", ".svelte": "Svelte", ".sh": "Shell", ".bash": "Shell", ".ps1": "PowerShell", ".tf": "HCL", ".sql": "SQL", ".cob": "COBOL", ".cbl": "COBOL",
}

// languages are the languages below a folder with at least 5 %, the largest first. Where sizes are not
// known the number of files decides.
func (v *view) languages(dir string) []Language {
	type sum struct {
		bytes, files int64
		ext          map[string]int
		largest      File
	}
	sums := map[string]*sum{}
	var totalBytes, totalFiles int64
	for _, f := range v.Files {
		ext := strings.ToLower(path.Ext(f.Path))
		name := languageOf[ext]
		if name == "" || !below(f.Path, dir) || notOurs(f.Path) {
			continue
		}
		s := sums[name]
		if s == nil {
			s = &sum{ext: map[string]int{}}
			sums[name] = s
		}
		s.bytes += f.Size
		s.files++
		s.ext[ext]++
		if s.largest.Path == "" || f.Size > s.largest.Size {
			s.largest = f
		}
		totalBytes += f.Size
		totalFiles++
	}
	var list []Language
	for name, s := range sums {
		part, total := s.bytes, totalBytes
		if totalBytes == 0 {
			part, total = s.files, totalFiles
		}
		percent := int((part*100 + total/2) / total)
		if percent < 5 {
			continue
		}
		example, most := "", 0
		for ext, n := range s.ext {
			if n > most || n == most && ext < example {
				example, most = ext, n
			}
		}
		list = append(list, Language{Name: name, Percent: percent, example: fmt.Sprintf("%d %s files", most, example), file: s.largest.Path})
	}
	slices.SortFunc(list, func(a, b Language) int {
		return cmp.Or(cmp.Compare(b.Percent, a.Percent), strings.Compare(a.Name, b.Name))
	})
	return list
}

// hostLanguages are the languages that the host counted, where the tree shows none.
func hostLanguages(list []forge.Language) (out []Language) {
	var total int64
	for _, l := range list {
		total += max(l.Bytes, 0)
	}
	for _, l := range list {
		if total > 0 && len(out) < 10 && l.Bytes*100/total >= 5 {
			out = append(out, Language{Name: strings.ReplaceAll(l.Name, " ", "-"), Percent: int(l.Bytes * 100 / total), example: "the host counted them"})
		}
	}
	return out
}
