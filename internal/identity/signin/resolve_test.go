package signin

import (
	"testing"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	ops := User{Ref: "user:default/ops", DisplayName: "Operations"}
	dir := users{
		"ann@marrowby.example": {ann}, "ann": {ann}, subjectAnnotation + "=1001": {ann}, "okta.com/email=ann@marrowby.example": {ann},
		"bob+ops@marrowby.example": {ops}, "@marrowby.example": {ann}, "../ann": {ann},
	}
	person := Person{Subject: "1001", ID: "1001", Email: "Ann@Marrowby.Example", Username: "Ann", Name: "Ann at the provider"}
	stranger := Person{Subject: "7", ID: "7", Email: "bob@marrowby.example", Username: "bob", Name: "Bob"}
	tests := []struct {
		name   string
		list   []Resolver
		person Person
		want   User
	}{
		{"e-mail, in any case", []Resolver{{By: Email}}, person, ann},
		{"e-mail of the right domain", []Resolver{{By: Email, Domains: []string{"MARROWBY.example"}}}, person, ann},
		{"e-mail of another domain", []Resolver{{By: Email, Domains: []string{"other.example"}}}, person, User{}},
		{"local part", []Resolver{{By: LocalPart, Domains: []string{"marrowby.example"}}}, person, ann},
		{"user name", []Resolver{{By: Username}}, person, ann},
		{"subject", []Resolver{{By: ID, Annotation: subjectAnnotation}}, person, ann},
		{"the second of two", []Resolver{{By: Email, Domains: []string{"other.example"}}, {By: Username}}, person, ann},
		{"a stranger", []Resolver{{By: Email}, {By: Username}, {By: ID, Annotation: subjectAnnotation}}, stranger, User{}},
		{"a stranger who may come in", []Resolver{{By: Username, WithoutUser: true}}, stranger, User{Ref: "user:default/bob", DisplayName: "Bob", Absent: true}},
		{"a stranger of another domain", []Resolver{{By: LocalPart, Domains: []string{"other.example"}, WithoutUser: true}}, stranger, User{}},
		{"a stranger's id", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, stranger, User{Ref: "user:default/7", DisplayName: "Bob", Absent: true}},
		{"an id that differs from another in case", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, Person{Subject: "aB", ID: "aB"}, User{}},
		{"an id that is another's name", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, Person{Subject: "ann", ID: "ann"}, User{}},
		{"no id", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, Person{Subject: "7"}, User{}},
		{"an id that is the name", []Resolver{{By: ID}}, Person{Subject: "Ann", ID: "Ann"}, ann},
		{"a stranger's id as a name", []Resolver{{By: ID, WithoutUser: true}}, stranger, User{Ref: "user:default/7", DisplayName: "Bob", Absent: true}},
		{"an annotated address", []Resolver{{By: Email, Annotation: "okta.com/email"}}, person, ann},
		{"an annotated address that is a profile's alone", []Resolver{{By: Email, Annotation: "google.com/email"}}, person, User{}},
		{"an annotated address of another domain", []Resolver{{By: Email, Annotation: "okta.com/email", Domains: []string{"other.example"}}}, person, User{}},
		{"a stranger's address", []Resolver{{By: Email, Annotation: "okta.com/email", WithoutUser: true}}, stranger, User{Ref: "user:default/bob@marrowby.example", DisplayName: "Bob", Absent: true}},
		{"an address that goes on", []Resolver{{By: LocalPart}}, Person{Subject: "1", Email: "ann@marrowby.example@evil.example"}, User{}},
		{"a name that leads elsewhere", []Resolver{{By: Username}}, Person{Subject: "1", Username: "../ann"}, User{}},
		{"an id that leads elsewhere", []Resolver{{By: ID}}, Person{Subject: "1", ID: "../ann"}, User{}},
		{"an address with a note", []Resolver{{By: Email}}, Person{Subject: "1", Email: "ann+portal@marrowby.example"}, ann},
		{"an address that has the note in the catalog", []Resolver{{By: Email}}, Person{Subject: "1", Email: "bob+ops@marrowby.example"}, ops},
		{"an address that is a note alone", []Resolver{{By: Email}}, Person{Subject: "1", Email: "+ann@marrowby.example"}, User{}},
		{"a note is no part of a name", []Resolver{{By: LocalPart, Domains: []string{"marrowby.example"}}}, Person{Subject: "1", Email: "ann+portal@marrowby.example"}, User{}},
		{"a name that others can take over", []Resolver{{By: Username, Pinned: true}}, person, User{Ref: ann.Ref, DisplayName: ann.DisplayName, pinned: true}},
		{"and of a stranger", []Resolver{{By: Username, Pinned: true, WithoutUser: true}}, stranger, User{Ref: "user:default/bob", DisplayName: "Bob", Absent: true, pinned: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := resolve(tt.list, dir, tt.person)
			if got != tt.want || (err == nil) != (tt.want != User{}) {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}
