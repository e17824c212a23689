package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"portico/internal/errs"
)

//go:embed shipped.cedar
var shipped []byte

//go:embed schema.cedarschema
var vocabulary string

// Shipped is the file of the policies that ship with the portal, to be read by people.
func Shipped() string { return string(shipped) }

// shippedFile is how the shipped policies are called where a file is named.
const shippedFile = "(shipped)"

// File is one file of policies.
type File struct {
	Name  string
	Short string // for those who must not learn where the portal keeps its files; "": as Name
	Text  []byte
}

// Most that is read: far more than anybody writes by hand.
const (
	maxFiles     = 500
	maxFileBytes = 1 << 20
)

// ReadFiles reads the files that paths name: files, and those called *.cedar in and below folders. Names are as given,
// in order. Errors are errs.Invalid and name the path.
func ReadFiles(paths []string) ([]File, error) {
	var files []File
	for _, path := range paths {
		names, err := namesBelow(path)
		if err != nil {
			return nil, unreadable(path, err)
		}
		if len(names) == 0 {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s holds no policies: there is no file called *.cedar in it", path),
				"add one, or take the path out of portico.policies.paths")
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, unreadable(name, err)
			}
			if len(text) > maxFileBytes {
				return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s is %d bytes long; at most %d are read", name, len(text), maxFileBytes), "split it")
			}
			short, err := filepath.Rel(filepath.Dir(path), name)
			if err != nil {
				short = filepath.Base(name)
			}
			files = append(files, File{name, filepath.ToSlash(short), text})
		}
		if len(files) > maxFiles {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "portico.policies.paths names more than %d files", maxFiles), "name the folder that holds the policies alone")
		}
	}
	return files, nil
}

func unreadable(path string, err error) error {
	var pe *fs.PathError
	why := err
	if errors.As(err, &pe) {
		why = pe.Err
	}
	return errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("%s cannot be read: %v", path, why), err),
		"name files or folders that the portal may read in portico.policies.paths")
}

// namesBelow lists a file, or the policies in and below a folder, whose own hidden folders are left out: a volume of
// Kubernetes keeps its versions there.
func namesBelow(path string) (names []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	root := path + string(filepath.Separator) // so that a link to a folder is followed
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".cedar"):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// Policy is one policy of a file.
type Policy struct {
	ID     string // its annotation @id, else file:line
	File   string // as short as it is shown to everybody
	Line   int
	Permit bool   // else it forbids
	Words  string // its annotation @description, else @advice

	file  string // in full
	cedar *cedar.Policy
	ast   *ast.Policy
}

// At is where the policy stands.
func (p *Policy) At() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// rules are all policies of one generation.
type rules struct {
	digest   string
	files    []string
	policies []*Policy
	byID     map[cedar.PolicyID]*Policy
	roles    []string        // that there are
	named    map[string]bool // roles that a policy speaks of

	mu       sync.Mutex
	byAction map[string][]*Policy

	conditions conditions
}

// digestOf is the same for the same files.
func digestOf(files []File) string {
	sum := sha256.New()
	for _, f := range append([]File{{Name: shippedFile, Text: shipped}}, files...) {
		fmt.Fprintf(sum, "%q %d\n", f.Name, len(f.Text))
		sum.Write(f.Text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// compile reads policies and checks every one; roles are those of one's own. The error names all that is wrong, a line
// each, with file and line.
func compile(files []File, own []string, check func(predicate []byte) error) (*rules, error) {
	r := &rules{byID: map[cedar.PolicyID]*Policy{}, byAction: map[string][]*Policy{}, roles: slices.Clone(roleNames), named: map[string]bool{}}
	for _, name := range own {
		if !slices.Contains(r.roles, name) {
			r.roles = append(r.roles, name)
		}
	}
	valid, err := vocabularyFor()
	if err != nil {
		return nil, err
	}
	var faults []string
	for _, f := range append([]File{{Name: shippedFile, Text: shipped}}, files...) {
		if f.Name != shippedFile {
			r.files = append(r.files, f.Name)
		}
		if much := tooMuch(f.Text); much != "" {
			faults = append(faults, f.Name+":"+much)
			continue
		}
		list, err := cedar.NewPolicyListFromBytes(f.Name, f.Text)
		if err != nil {
			faults = append(faults, parseFault(f.Name, err))
			continue
		}
		for _, raw := range list {
			p, problems := r.one(f, raw, valid)
			for _, problem := range problems {
				faults = append(faults, fmt.Sprintf("%s:%d: %s", f.Name, p.Line, problem))
			}
		}
	}
	faults = append(faults, r.restrictions(check)...)
	if len(faults) > 0 {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "the policies have %s:\n%s", counted(len(faults), "mistake", "mistakes"), strings.Join(faults, "\n")),
			"mend them, and run `portico policy check` to see whether they can be used")
	}
	r.digest = digestOf(files)
	return r, nil
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// one makes a policy of what was parsed, and says what is wrong with it.
func (r *rules) one(f File, raw *cedar.Policy, valid *validate.Validator) (p *Policy, problems []string) {
	notes := raw.Annotations()
	p = &Policy{File: f.Short, Line: raw.Position().Line, Permit: raw.Effect() == cedar.Permit, file: f.Name}
	if p.File == "" {
		p.File = f.Name
	}
	p.ID = string(notes["id"])
	if p.ID == "" {
		p.ID = p.At()
		if r.byID[cedar.PolicyID(p.ID)] != nil { // a file of the same name, elsewhere
			p.ID = fmt.Sprintf("%s:%d", f.Name, p.Line)
		}
	}
	if p.Words = string(notes["description"]); p.Words == "" {
		p.Words = string(notes["advice"])
	}
	if other := r.byID[cedar.PolicyID(p.ID)]; other != nil {
		problems = append(problems, fmt.Sprintf("the @id %q is that of the policy at %s; give this one another", p.ID, other.At()))
	}
	folded, err := foldPolicy(raw)
	if err != nil {
		return p, append(problems, err.Error())
	}
	p.cedar, p.ast = folded, (*ast.Policy)(folded.AST())
	problems = append(problems, r.strict(p)...)
	if err := valid.Policy("", p.ast); err != nil {
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		for _, line := range lines {
			if len(lines) == 1 || !strings.Contains(line, inapplicable) {
				problems = append(problems, words(strings.TrimSpace(line)))
			}
		}
	}
	if len(problems) == 0 {
		r.policies = append(r.policies, p)
		r.byID[cedar.PolicyID(p.ID)] = p
	}
	return p, problems
}

// words adds to a message of Cedar's validator what to do about it.
func words(message string) string {
	switch {
	case strings.Contains(message, "unrecognized action"):
		var names []string
		for _, p := range permissions {
			names = append(names, p.Name)
		}
		return message + "; there are " + strings.Join(names, ", ") + ", and read, create, update and delete, which stand for all that do so"
	case strings.Contains(message, "unrecognized entity type"):
		return message + "; there are User, Group, Service, Guest, Role, Entity and Portal"
	case strings.Contains(message, "on entity type `Portal` not found"):
		return message + "; where an action is also about the portal as a whole, write `resource is Entity` instead of `resource`"
	case strings.Contains(message, "on entity type `Entity` not found"):
		return message + "; an Entity has kind, namespace, name, type, lifecycle, owners, tags, labels and annotations"
	case strings.Contains(message, "access to optional attribute"):
		return message + "; ask first whether it is there: `resource has type && resource.type == \"service\"`"
	case strings.Contains(message, inapplicable):
		return "no permission fits all of this policy: those about one entity have `resource is Entity`, all others `resource is Portal`"
	}
	return message
}

// inapplicable is what Cedar's validator says of a policy that can never apply, and also where it does not know a name.
const inapplicable = "unable to find an applicable action"

var (
	parsed   = regexp.MustCompile(`parse error at [^ ]*?:(\d+):(\d+) `)
	expected = regexp.MustCompile(`^"(.*)": exact got .* want (.*)$`)
)

// parseFault says where a text is not Cedar.
func parseFault(file string, err error) string {
	message := strings.TrimPrefix(err.Error(), "parser error: ")
	at := parsed.FindStringSubmatch(message)
	if at == nil {
		return file + ":1: this is not Cedar: " + message
	}
	what := strings.Replace(message, at[0], "", 1)
	if m := expected.FindStringSubmatch(what); m != nil && m[1] == "" {
		what = "the file ends where there must be " + m[2]
	} else if m != nil {
		what = "there is " + m[1] + " where there must be " + m[2]
	}
	return fmt.Sprintf("%s:%s:%s: this is not Cedar: %s", file, at[1], at[2], what)
}

// vocabularyFor is the validator for what a policy can speak of.
var vocabularyFor = sync.OnceValues(func() (*validate.Validator, error) {
	var b strings.Builder
	b.WriteString(vocabulary)
	for _, p := range permissions {
		group, on := "", "Portal"
		if p.Action != "" {
			group = fmt.Sprintf(" in [%q]", p.Action)
		}
		if p.Entity {
			on = "Entity"
		}
		fmt.Fprintf(&b, "action %q%s appliesTo { principal: [User, Service, Guest], resource: [%s] };\n", p.Name, group, on)
	}
	var s schema.Schema
	s.SetFilename("schema.cedarschema")
	if err := s.UnmarshalCedar([]byte(b.String())); err != nil {
		return nil, fmt.Errorf("policy: schema: %w", err)
	}
	resolved, err := s.Resolve()
	if err != nil {
		return nil, fmt.Errorf("policy: schema: %w", err)
	}
	return validate.New(resolved), nil
})

// of lists the policies that can be about a permission.
func (r *rules) of(name, action string) []*Policy {
	_, known := ByName(name)
	key := name
	if !known {
		key = " " + action // of those that are known by what they do alone
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	list, ok := r.byAction[key]
	if !ok {
		for _, p := range r.policies {
			if about(p.ast.Action, name, action) {
				list = append(list, p)
			}
		}
		if known || knownAction(action) {
			r.byAction[key] = list
		}
	}
	return list
}

func knownAction(action string) bool {
	return slices.Contains([]string{"", "read", "create", "update", "delete"}, action)
}

func about(scope ast.IsActionScopeNode, name, action string) bool {
	is := func(uid types.EntityUID) bool {
		return uid.ID == types.String(name) || action != "" && uid.ID == types.String(action)
	}
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return s.Entity.ID == types.String(name)
	case ast.ScopeTypeIn:
		return is(s.Entity)
	case ast.ScopeTypeInSet:
		return slices.ContainsFunc(s.Entities, is)
	}
	return true
}
