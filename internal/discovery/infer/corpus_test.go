package infer

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"portico/internal/testenv"
)

// folder is a tree on disk, for tests.
func folder(t testing.TB, root string) Tree {
	t.Helper()
	tree := Tree{Read: func(p string) ([]byte, error) { return os.ReadFile(filepath.Join(root, filepath.FromSlash(p))) }}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		tree.Files = append(tree.Files, File{filepath.ToSlash(rel), info.Size()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestCorpus(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "repos")
	for _, repo := range []string{"Azure-Samples__aks-store-demo", "GoogleCloudPlatform__bank-of-anthos", "GoogleCloudPlatform__microservices-demo", "instana__robot-shop", "open-telemetry__opentelemetry-demo", "prometheus__alertmanager", "spring-petclinic__spring-petclinic-microservices", "stefanprodan__podinfo", "usememos__memos"} {
		t.Run(repo, func(t *testing.T) {
			res := Look(corpusInput(t, dir, repo))
			t.Logf("%s", res.Text())
		})
	}
}

func corpusInput(t testing.TB, dir, repo string) Input {
	for i := range len(repo) {
		if repo[i:i+2] == "__" {
			return Input{Tree: folder(t, filepath.Join(dir, repo)), Folder: repo[i+2:], RemoteURL: "https://github.com/" + repo[:i] + "/" + repo[i+2:] + ".git"}
		}
	}
	t.Fatalf("%s is not called owner__name", repo)
	return Input{}
}
