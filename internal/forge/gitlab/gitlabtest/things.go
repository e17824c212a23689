package gitlabtest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func byKey(o object) int { return o["key"].(int) }

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return ""
}

func (g *GitLab) groupAt(path string) any {
	for i := range g.groups {
		if g.groups[i].Path == path {
			return g.group(&g.groups[i])
		}
	}
	return nil
}

func (g *GitLab) group(gr *Group) object {
	return object{
		"key": gr.ID, "id": fmt.Sprintf("gid://gitlab/Group/%d", gr.ID), "fullPath": gr.Path, "name": gr.Name, "description": optional(gr.Description),
		"avatarUrl": any(nil),
		"parent":    func(arguments) any { return g.groupAt(parent(gr.Path)) },
		"groupMembers": func(a arguments) any {
			if gr.HideMembers {
				return nil
			}
			if relations, _ := a.texts("relations"); !slices.Equal(relations, []string{"DIRECT"}) {
				g.t.Errorf("members are asked for by %v", relations)
			}
			var members []object
			for _, u := range g.users {
				if slices.Contains(gr.Members, u.Username) {
					members = append(members, object{"key": u.ID, "user": user(u)})
				}
			}
			return connection(members, byKey, a)
		},
		"descendantGroups": func(a arguments) any {
			var below []object
			for i := range g.groups {
				if strings.HasPrefix(g.groups[i].Path, gr.Path+"/") {
					below = append(below, g.group(&g.groups[i]))
				}
			}
			return connection(below, byKey, a)
		},
		"projects": func(a arguments) any {
			ids, some := a.texts("ids")
			var list []object
			for _, p := range g.projects {
				in := parent(p.Path) == gr.Path || a["includeSubgroups"] == true && strings.HasPrefix(p.Path, gr.Path+"/")
				if in && (!some || slices.Contains(ids, fmt.Sprintf("gid://gitlab/Project/%d", p.ID))) {
					list = append(list, g.project(p))
				}
			}
			return connection(list, byKey, a)
		},
	}
}

func user(u User) object {
	return object{
		"id": fmt.Sprintf("gid://gitlab/User/%d", u.ID), "username": u.Username, "name": u.Name, "publicEmail": optional(u.PublicEmail),
		"state": u.State, "bot": u.Bot, "avatarUrl": any(nil),
	}
}

func (g *GitLab) project(p *Project) object {
	topics, languages := []any{}, []any{}
	for _, t := range p.Topics {
		topics = append(topics, t)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Languages)) {
		languages = append(languages, object{"name": name, "share": p.Languages[name]})
	}
	return object{
		"key": p.ID, "id": fmt.Sprintf("gid://gitlab/Project/%d", p.ID), "fullPath": p.Path, "description": optional(p.Description), "visibility": p.Visibility,
		"archived": p.Archived, "isForked": p.Fork, "lastActivityAt": p.LastActivity, "topics": topics, "languages": languages,
		"group":      func(arguments) any { return g.groupAt(parent(p.Path)) },
		"repository": func(arguments) any { return p.repository() },
	}
}

// commit is the commit of a branch: another one for other files.
func (p *Project) commit(branch string) string {
	files := p.Branches[branch]
	h := sha1.New()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\x00%s\x00", path, files[path])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (p *Project) repository() any {
	if p.NoCode {
		return nil
	}
	files := p.Branches[p.Default]
	if len(p.Branches) == 0 {
		return object{"empty": true, "rootRef": any(nil), "tree": any(nil), "blobs": connection(nil, byKey, nil)}
	}
	paths := slices.Sorted(maps.Keys(files))
	return object{
		"empty": false, "rootRef": p.Default,
		"tree": func(arguments) any {
			var top, folders []object
			for i, path := range paths {
				folder, _, below := strings.Cut(path, "/")
				if !below {
					top = append(top, object{"key": i, "path": path})
				} else if len(folders) == 0 || folders[len(folders)-1]["path"] != folder {
					folders = append(folders, object{"key": i, "path": folder})
				}
			}
			return object{
				"lastCommit": object{"sha": p.commit(p.Default)},
				"blobs":      func(a arguments) any { return connection(top, byKey, a) },
				"trees":      func(a arguments) any { return connection(folders, byKey, a) },
			}
		},
		"blobs": func(a arguments) any {
			wanted, _ := a.texts("paths")
			var found []object
			for i, path := range paths {
				if slices.Contains(wanted, path) {
					found = append(found, object{"key": i, "path": path, "rawSize": fmt.Sprint(len(files[path])), "rawBlob": files[path]})
				}
			}
			return connection(found, byKey, a)
		},
	}
}
