package gitlabtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// rest serves what a merge request takes.
func (g *GitLab) rest() {
	handle := func(pattern string, h func(w http.ResponseWriter, r *http.Request, p *Project)) {
		g.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			for _, p := range g.projects {
				if id := r.PathValue("id"); r.Header.Get("Private-Token") == Token && p.Path != "" && (id == fmt.Sprint(p.ID) || id == p.Path) {
					h(w, r, p)
					return
				}
			}
			answer(w, http.StatusNotFound, object{"message": "404 Project Not Found"})
		})
	}
	handle("GET /api/v4/projects/{id}", func(w http.ResponseWriter, _ *http.Request, p *Project) {
		out := object{"id": p.ID, "path_with_namespace": p.Path, "default_branch": any(p.Default), "archived": p.Archived, "empty_repo": len(p.Branches) == 0}
		if len(p.Branches) == 0 {
			out["default_branch"] = nil
		}
		answer(w, http.StatusOK, out)
	})
	handle("GET /api/v4/projects/{id}/repository/branches/{branch}", func(w http.ResponseWriter, r *http.Request, p *Project) {
		name := r.PathValue("branch")
		if _, ok := p.Branches[name]; !ok {
			answer(w, http.StatusNotFound, object{"message": "404 Branch Not Found"})
			return
		}
		answer(w, http.StatusOK, object{"name": name, "commit": object{"id": p.commit(name)}})
	})
	handle("HEAD /api/v4/projects/{id}/repository/files/{path}", func(w http.ResponseWriter, r *http.Request, p *Project) {
		ref := r.URL.Query().Get("ref")
		content, ok := p.Branches[ref][r.PathValue("path")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		sum := sha256.Sum256([]byte(content))
		w.Header().Set("X-Gitlab-Content-Sha256", hex.EncodeToString(sum[:]))
		w.Header().Set("X-Gitlab-Last-Commit-Id", p.commit(ref))
	})
	handle("POST /api/v4/projects/{id}/repository/commits", g.commit)
	handle("GET /api/v4/projects/{id}/merge_requests", func(w http.ResponseWriter, r *http.Request, p *Project) {
		q, out := r.URL.Query(), []any{}
		for _, m := range g.requests {
			if m.Project == p.ID && m.State == q.Get("state") && m.Source == q.Get("source_branch") && m.Target == q.Get("target_branch") {
				out = append(out, m.answer())
			}
		}
		answer(w, http.StatusOK, out)
	})
	handle("POST /api/v4/projects/{id}/merge_requests", func(w http.ResponseWriter, r *http.Request, p *Project) {
		var in struct {
			Source string `json:"source_branch"`
			Target string `json:"target_branch"`
			Title  string `json:"title"`
			Text   string `json:"description"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Title == "" || p.Branches[in.Source] == nil || p.Branches[in.Target] == nil {
			answer(w, http.StatusBadRequest, object{"error": "source_branch is missing"})
			return
		}
		for _, m := range g.requests {
			if m.Project == p.ID && m.State == "opened" && m.Source == in.Source && m.Target == in.Target {
				answer(w, http.StatusConflict, object{"message": []string{"Another open merge request already exists for this source branch"}})
				return
			}
		}
		m := MergeRequest{IID: len(g.requests) + 1, Project: p.ID, Source: in.Source, Target: in.Target, Title: in.Title, Text: in.Text, State: "opened"}
		g.requests = append(g.requests, m)
		answer(w, http.StatusCreated, m.answer())
	})
}

func (m MergeRequest) answer() object {
	return object{
		"iid": m.IID, "project_id": m.Project, "source_project_id": m.Project, "state": m.State, "title": m.Title,
		"source_branch": m.Source, "target_branch": m.Target,
	}
}

// commit makes one from actions, all of them or none.
func (g *GitLab) commit(w http.ResponseWriter, r *http.Request, p *Project) {
	var in struct {
		Branch  string
		Start   string `json:"start_branch"`
		Message string `json:"commit_message"`
		Actions []struct {
			Action, Encoding string
			Path             string `json:"file_path"`
			Content          []byte
			Last             string `json:"last_commit_id"`
		}
	}
	refuse := func(message string) { answer(w, http.StatusBadRequest, object{"message": message}) }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Message == "" || len(in.Actions) == 0 {
		refuse("commit_message is missing")
		return
	}
	at := in.Branch
	_, exists := p.Branches[in.Branch]
	switch {
	case exists && in.Start != "":
		refuse(fmt.Sprintf("A branch called '%s' already exists. Switch to that branch in order to make changes", in.Branch))
		return
	case !exists:
		at = in.Start
	}
	if _, ok := p.Branches[at]; !ok {
		refuse("You can only create or edit files when you are on a branch")
		return
	}
	files := maps.Clone(p.Branches[at])
	for _, a := range in.Actions {
		switch _, there := files[a.Path]; {
		case a.Encoding != "base64":
			refuse("the stand-in takes base64 alone")
			return
		case a.Action == "create" && there:
			refuse("A file with this name already exists")
			return
		case a.Action == "update" && !there:
			refuse("A file with this name doesn't exist")
			return
		case a.Last != "" && a.Last != p.commit(at):
			refuse("You are attempting to update a file that has changed since you started editing it.")
			return
		}
		files[a.Path] = string(a.Content)
	}
	p.Branches[in.Branch] = files
	g.commits++
	answer(w, http.StatusCreated, object{"id": p.commit(in.Branch)})
}
