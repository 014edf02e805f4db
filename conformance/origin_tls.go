// SPDX-License-Identifier: MIT

package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// certificate is a certificate with its key.
type certificate = tls.Certificate

// authority is a certificate authority that lives as long as its origin.
type authority struct {
	pem  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "isohttp test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &authority{pem: string(text), cert: cert, key: key}, nil
}

// issue returns a certificate for a host of loopback, or for another name.
func (a *authority) issue(from, to time.Time, names ...string) (certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "isohttp test server"},
		NotBefore: from, NotAfter: to, DNSNames: names,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if len(names) == 0 {
		template.DNSNames = []string{"localhost", AliasHost}
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	return certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func (a *authority) good() (certificate, error) {
	return a.issue(time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
}

func (a *authority) misnamed() (certificate, error) {
	return a.issue(time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour), "elsewhere.test")
}

func (a *authority) expired() (certificate, error) {
	return a.issue(time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour))
}

// foreign returns a certificate of an authority that is used once and given to nobody.
func (a *authority) foreign() (certificate, error) {
	other, err := newAuthority()
	if err != nil {
		return certificate{}, err
	}
	return other.good()
}

// clientName is the subject of the client's certificate.
const clientName = "isohttp test client"

// client returns a certificate for a client and its key, PEM.
func (a *authority) client() (cert, key string, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: clientName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &k.PublicKey, a.key)
	if err != nil {
		return "", "", err
	}
	text, err := x509.MarshalPKCS8PrivateKey(k)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})), err
}

// askClient makes a server ask for a certificate of the authority.
func (a *authority) askClient(c *tls.Config) {
	c.ClientCAs = x509.NewCertPool()
	c.ClientCAs.AddCert(a.cert)
	c.ClientAuth = tls.RequireAndVerifyClientCert
}

// serverTLS returns the configuration of a listener, HTTP/1.1 unless change says otherwise.
func serverTLS(cert certificate, change func(*tls.Config)) *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	change(c)
	return c
}
