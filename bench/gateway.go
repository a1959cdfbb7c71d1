package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// gateway stands for AWS's endpoints under their own names. It is an HTTPS proxy
// that leads every connection to one TLS server, which hands the requests on: those for
// answersHost to the receiver of answers, all others to AWS. The
// peer's function needs it, since its SDK does not know AWS_ENDPOINT_URL; ours goes
// the same way, so that both pay for the same TLS.
type gateway struct {
	proxy, server *httptest.Server
	authority     string // the file with the certificate to trust
}

// answersHost is where answers to CloudFormation go.
const answersHost = "answers.eu-west-1.amazonaws.com"

func startGateway(dir, aws, answers string) (*gateway, error) {
	toAWS, err := url.Parse(aws)
	if err != nil {
		return nil, err
	}
	toReceiver, err := url.Parse(answers)
	if err != nil {
		return nil, err
	}
	toReceiver = toReceiver.ResolveReference(&url.URL{Path: "/"})
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	g := &gateway{authority: filepath.Join(dir, "authority.pem")}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(g.authority, block, 0o600); err != nil {
		return nil, err
	}
	g.server = httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to := toAWS
		if r.In.Host == answersHost {
			to = toReceiver
		}
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}})
	g.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	g.server.Config.ErrorLog = log.New(io.Discard, "", 0) // a process that is ended cuts its connections
	g.server.StartTLS()
	g.proxy = httptest.NewServer(http.HandlerFunc(g.connect))
	return g, nil
}

func (g *gateway) close() {
	g.proxy.CloseClientConnections()
	g.proxy.Close()
	g.server.CloseClientConnections()
	g.server.Close()
}

// environ leads a Go program through the gateway. Requests to the loopback
// interface do not go by a proxy.
func (g *gateway) environ() []string {
	return []string{"HTTPS_PROXY=" + g.proxy.URL, "SSL_CERT_FILE=" + g.authority, "SSL_CERT_DIR=/dev/null"}
}

// connect joins a CONNECT, whatever host it names, with the TLS server.
func (g *gateway) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "CONNECT alone", http.StatusMethodNotAllowed)
		return
	}
	there, err := net.Dial("tcp", g.server.Listener.Addr().String())
	if err != nil {
		http.Error(w, "no server", http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	if _, err := io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		here.Close()
		there.Close()
		return
	}
	go func() {
		_, _ = io.Copy(there, here)
		there.Close()
	}()
	_, _ = io.Copy(here, there)
	here.Close()
}

// selfSigned is a certificate for the names that the functions ask for.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"*.eu-west-1.amazonaws.com", "*.amazonaws.com"},
		IsCA:     true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
