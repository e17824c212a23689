package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	graphql "github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/ast"
)

// unlike says what of the schema of ours is not in theirs, or is another thing there. What is valid by ours is then valid by
// theirs, and what ours answers has the shape of theirs.
func unlike(ours, theirs *ast.Schema) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	values := func(where string, mine, published ast.ArgumentsDefinition) {
		for _, v := range mine {
			p := published.Get(v.Name.Name)
			switch {
			case p == nil:
				fault("%s has no %s", where, v.Name.Name)
			case v.Type.String() != p.Type.String() || fmt.Sprint(v.Default) != fmt.Sprint(p.Default):
				fault("%s: %s is %s = %v, and %s = %v at GitHub", where, v.Name.Name, v.Type, v.Default, p.Type, p.Default)
			}
		}
		for _, p := range published {
			if strings.HasSuffix(p.Type.String(), "!") && p.Default == nil && mine.Get(p.Name.Name) == nil {
				fault("%s needs %s", where, p.Name.Name)
			}
		}
	}
	fields := func(where string, mine, published ast.FieldsDefinition) {
		for _, f := range mine {
			at := where + "." + f.Name
			switch p := published.Get(f.Name); {
			case p == nil:
				fault("there is no %s", at)
			case f.Type.String() != p.Type.String():
				fault("%s is %s, and %s at GitHub", at, f.Type, p.Type)
			default:
				values(at, f.Arguments, p.Arguments)
			}
		}
	}
	interfaces := func(where string, mine, published []*ast.InterfaceTypeDefinition) {
		for _, i := range mine {
			if !slices.ContainsFunc(published, func(p *ast.InterfaceTypeDefinition) bool { return p.Name == i.Name }) {
				fault("%s is no %s", where, i.Name)
			}
		}
	}
	for name, mine := range ours.Types {
		if strings.HasPrefix(name, "__") {
			continue
		}
		if fmt.Sprintf("%T", mine) != fmt.Sprintf("%T", theirs.Types[name]) {
			fault("%s is %T, and %T at GitHub", name, mine, theirs.Types[name])
			continue
		}
		switch mine := mine.(type) {
		case *ast.ObjectTypeDefinition:
			p := theirs.Types[name].(*ast.ObjectTypeDefinition)
			fields(name, mine.Fields, p.Fields)
			interfaces(name, mine.Interfaces, p.Interfaces)
		case *ast.InterfaceTypeDefinition:
			fields(name, mine.Fields, theirs.Types[name].(*ast.InterfaceTypeDefinition).Fields)
		case *ast.InputObject:
			values(name, mine.Values, theirs.Types[name].(*ast.InputObject).Values)
		case *ast.EnumTypeDefinition:
			for _, v := range mine.EnumValuesDefinition {
				if !slices.ContainsFunc(theirs.Types[name].(*ast.EnumTypeDefinition).EnumValuesDefinition, func(p *ast.EnumValueDefinition) bool { return p.EnumValue == v.EnumValue }) {
					fault("%s has no %s", name, v.EnumValue)
				}
			}
		}
	}
	slices.Sort(faults)
	return faults
}

func TestSchemaIsGitHubs(t *testing.T) {
	t.Parallel()
	theirs := PublishedSchema(t).AST()
	// The published schema is github.com's, and an Enterprise Server has this beside.
	enterprise := []string{"there is no User.suspendedAt"}
	for _, fault := range unlike(schema().AST(), theirs) {
		if !slices.Contains(enterprise, fault) {
			t.Error(fault)
		}
	}
	if n := len(theirs.Types); n < 1000 {
		t.Errorf("GitHub publishes %d types: it is not the whole", n)
	}
}

func TestUnlikeBites(t *testing.T) {
	t.Parallel()
	theirs := PublishedSchema(t).AST()
	for name, tt := range map[string]struct{ from, to, want string }{
		"a type that is none":        {"scalar URI\n", "scalar URI\ntype Moon { a: Int }\n", "Moon is"},
		"a field that is none":       {"  isFork: Boolean!\n", "  isFork: Boolean!\n  isMoon: Boolean!\n", "there is no Repository.isMoon"},
		"null where GitHub has none": {"  isFork: Boolean!\n", "  isFork: Boolean\n", "Repository.isFork is Boolean,"},
		"an argument that is none":   {"ref(qualifiedName: String!)", "ref(qualifiedName: String!, moon: Int)", "Repository.ref has no moon"},
		"an argument left out":       {"file(path: String!)", "file", "Commit.file needs path"},
		"another default":            {"membership: TeamMembershipType = ALL", "membership: TeamMembershipType = IMMEDIATE", "Team.members: membership"},
		"a value that is none":       {"enum RepositoryVisibility {", "enum RepositoryVisibility { MOON", "RepositoryVisibility has no MOON"},
		"an input without its part":  {"title: String! }\ninput CreateRefInput", "}\ninput CreateRefInput", "CreatePullRequestInput needs title"},
		"a foreign interface":        {"type Tree implements GitObject {", "type Tree implements GitObject & RepositoryOwner { avatarUrl(size: Int): URI! id: ID! login: String! url: URI! repositories(after: String, first: Int, orderBy: RepositoryOrder, ownerAffiliations: [RepositoryAffiliation] = [OWNER, COLLABORATOR]): RepositoryConnection!", "Tree is no RepositoryOwner"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(schemaText, tt.from) != 1 {
				t.Fatalf("%q is not once in the schema", tt.from)
			}
			s, err := graphql.ParseSchema(strings.Replace(schemaText, tt.from, tt.to, 1), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(unlike(s.AST(), theirs), "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("it says %q, want %q in it", got, tt.want)
			}
		})
	}
}
