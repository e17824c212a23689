module github.com/${{ values.repo }}

go 1.26
