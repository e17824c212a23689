package security

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// message is a request as bytes: net/http's client would put right what these tests get wrong.
type message struct {
	method, target string
	proto          string // "HTTP/1.1" when empty
	host           string // of the Host header; "-" is none
	header         []string
	body           string
	framing        []string // headers that say how long the body is, instead of Content-Length
}

func (m message) String() string {
	var b strings.Builder
	if m.proto == "" {
		m.proto = "HTTP/1.1"
	}
	fmt.Fprintf(&b, "%s %s %s\r\n", m.method, m.target, m.proto)
	if m.host != "-" {
		fmt.Fprintf(&b, "Host: %s\r\n", m.host)
	}
	for _, h := range m.header {
		b.WriteString(h + "\r\n")
	}
	if m.framing == nil && m.body != "" {
		m.framing = []string{fmt.Sprintf("Content-Length: %d", len(m.body))}
	}
	for _, h := range m.framing {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("Connection: close\r\n\r\n" + m.body)
	return b.String()
}

// clean is the request of a role, as it is meant to be.
func (p *portal) clean(q asked, dress option) message {
	r := httptest.NewRequest(q.method, "http://"+p.addr+"/", nil)
	r.Header = http.Header{}
	dress(r)
	m := message{method: q.method, target: q.path, host: p.addr, body: q.body}
	if q.body != "" {
		m.header = append(m.header, "Content-Type: application/json")
	}
	for name, values := range r.Header {
		for _, v := range values {
			m.header = append(m.header, name+": "+v)
		}
	}
	return m
}

// send writes the bytes on a connection of their own. An answer that is no HTTP, or none, has the status 0.
func (p *portal) send(method, text string) *reply {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(c, text) // the other side may hang up before it has all of it
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return &reply{}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return &reply{resp.StatusCode, resp.Header, body}
}
