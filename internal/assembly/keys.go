package assembly

import "strings"

// keys is what some statements allow kms:Decrypt on.
type keys struct {
	any bool // all keys, or all of an account and region
	on  map[string]bool
}

const (
	decrypt   = "kms:decrypt"
	typeAlias = "AWS::KMS::Alias"
)

func (k *keys) add(statements []statement) {
	for _, s := range statements {
		if !s.allows(decrypt) {
			continue
		}
		for _, resource := range s.resources {
			k.any = k.any || resource == "*" || strings.HasSuffix(resource, "key/*")
			k.on[resource] = true
			if _, id, ok := strings.Cut(resource, ":key/"); ok {
				k.on["key/"+id] = true
			}
		}
	}
}

// has reports whether they hold for a key in one of these forms; of no form, for some
// key.
func (k *keys) has(forms []string) bool {
	if k == nil {
		return false
	}
	if k.any || len(forms) == 0 && len(k.on) > 0 {
		return true
	}
	for _, form := range forms {
		if k.on[form] {
			return true
		}
	}
	return false
}

// indexAliases indexes the aliases of keys by every text that refers to one.
func (w *world) indexAliases() {
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			if r := t.Resources[id]; r.Type == typeAlias {
				key := t.text(r.Properties["TargetKeyId"])
				for _, name := range []string{t.ref(id), t.text(r.Properties["AliasName"])} {
					w.aliases[t.keyARN(name)] = key
				}
			}
		}
	}
}

// keyARN returns the ARN of a key or alias ("key/ID", "alias/NAME") in the account and
// region of the template.
func (t *template) keyARN(resource string) string {
	account, region := t.place()
	return "arn::kms:" + region + ":" + account + ":" + resource
}

// keyForms returns the forms in which a policy can name the key of a secret: its ARN,
// the reference to it, and "key/ID". It returns none for an alias whose key is not in
// the assembly. resource is the key's resource, or "".
func (w *world) keyForms(key string) (forms []string, resource string) {
	if target, ok := w.aliases[key]; ok {
		key = target
	}
	if strings.Contains(key, ":alias/") {
		return nil, ""
	}
	// The ARN may be put together from the reference to a key of the assembly.
	_, id, isARN := strings.Cut(key, ":key/")
	if !isARN {
		id = key
	}
	if home, id, _, ok := w.attributeOf(id); ok && strings.HasPrefix(home.Resources[id].Type, "AWS::KMS::") {
		return []string{home.attribute(id, "Arn"), "key/" + home.ref(id), "key/" + home.attribute(id, "KeyId")}, home.ref(id)
	}
	return []string{key, "key/" + id}, ""
}

// usersOf returns the holders that the policy of a key itself allows to decrypt; "*" is
// everybody.
func (w *world) usersOf(key string) map[string]bool {
	if users, ok := w.keyUsers[key]; ok {
		return users
	}
	users := map[string]bool{}
	w.keyUsers[key] = users
	t, id, ok := w.resourceOf(key)
	if !ok {
		return users
	}
	document := t.Resources[id].Properties["KeyPolicy"]
	for _, s := range t.statements(document, "") {
		if !s.allows(decrypt) {
			continue
		}
		for _, principal := range s.principals {
			if principal == "*" {
				users["*"] = true
			} else if holder := w.holderOfARN(principal); holder != "" {
				users[holder] = true
			}
		}
	}
	return users
}

// mayDecrypt reports whether all holders of a policy may decrypt with the key of a
// secret: by the policy itself, by their other policies, or by the key's own.
func (w *world) mayDecrypt(p *policy, key string) bool {
	forms, resource := w.keyForms(key)
	if p.decrypts.has(forms) {
		return true
	}
	users := w.usersOf(resource)
	for _, holder := range p.holders {
		if !w.holders[holder].has(forms) && !users[holder] && !users["*"] {
			return false
		}
	}
	return len(p.holders) > 0
}
