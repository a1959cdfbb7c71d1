package awstest

import "sync"

// Parameters is the Parameter Store of SSM on a [Server]: GetParameter alone. Add
// it with [Server.AddParameters].
type Parameters struct {
	mu     sync.Mutex
	values map[string]parameter
	fault  *Error
}

type parameter struct{ kind, value string }

// AddParameters registers a Parameter Store without parameters.
func (s *Server) AddParameters() *Parameters {
	p := &Parameters{values: map[string]parameter{}}
	s.HandleTarget("AmazonSSM.", p.serve)
	return p
}

// Put stores a parameter of the type kind ("SecureString", "String"). SSM gives the
// value of the first in clear to who asks for decryption alone.
func (p *Parameters) Put(name, kind, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[name] = parameter{kind, value}
}

// Fail answers every request with the exception code. "" restores the service.
func (p *Parameters) Fail(code, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = nil
	if code != "" {
		p.fault = &Error{Code: code, Message: message}
	}
}

func (p *Parameters) serve(r *Request) (any, error) {
	var in struct {
		Name           string
		WithDecryption bool
	}
	if err := r.Decode(&in); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.values[in.Name]
	switch {
	case r.Action != "GetParameter":
		return nil, &Error{Code: "UnsupportedOperationException", Message: "awstest: SSM does not know " + r.Action}
	case p.fault != nil:
		return nil, p.fault
	case !ok:
		return nil, &Error{Code: "ParameterNotFound"}
	}
	value := found.value
	if found.kind == "SecureString" && !in.WithDecryption {
		value = "awstest: still encrypted"
	}
	return map[string]any{"Parameter": map[string]any{"Name": in.Name, "Type": found.kind, "Value": value, "Version": 1}}, nil
}
