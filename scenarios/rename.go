package scenarios

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

// localhostWord is the name that the catalogue's hosts end in, however it is written.
var localhostWord = regexp.MustCompile(`(?i)localhost`)

// Renamed returns the scenario about the host domain in place of localhost:
// api.shop.localhost becomes api.shop.payments.example.com, in given and fault
// alike, so that what is right or wrong about the names stays so. What cannot be
// said of another domain stays as it is: a wildcard directly below localhost, which
// is a top-level domain, names within the bytes of an extension, and addresses.
func (s Scenario) Renamed(domain string) Scenario {
	bound := false
	look := func(text string) string {
		bound = bound || text == "*.localhost" || strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte("localhost")))
		return text
	}
	mapStrings(reflect.ValueOf(s.Given), look)
	mapStrings(reflect.ValueOf(s.Fault), look)
	if bound {
		return s
	}
	rename := func(text string) string {
		return localhostWord.ReplaceAllStringFunc(text, func(word string) string { return likewise(word, domain) })
	}
	s.Given = mapStrings(reflect.ValueOf(s.Given), rename).Interface().(Given)
	s.Fault = mapStrings(reflect.ValueOf(s.Fault), rename).Interface().(Fault)
	if s.Given.Name == "" {
		s.Given.Name = domain
	}
	return s
}

// likewise writes domain in capitals where word is.
func likewise(word, domain string) string {
	switch word {
	case strings.ToLower(word):
		return domain
	case strings.ToUpper(word):
		return strings.ToUpper(domain)
	}
	return strings.ToUpper(domain[:1]) + domain[1:]
}

// mapStrings returns a copy of v with change done to each string; v and what it
// points to stay as they are.
func mapStrings(v reflect.Value, change func(string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(change(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(mapStrings(v.Elem(), change))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(mapStrings(v.Index(i), change))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
			for it := v.MapRange(); it.Next(); {
				out.SetMapIndex(it.Key(), mapStrings(it.Value(), change))
			}
		}
	case reflect.Struct:
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(mapStrings(v.Field(i), change))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

// CheckDomain returns an error unless domain is a name that scenarios can be
// about: a DNS name in A-labels and lower case, and no address.
func CheckDomain(domain string) error {
	_, notAddress := netip.ParseAddr(domain)
	ascii, err := idna.Registration.ToASCII(domain)
	switch {
	case notAddress == nil:
		return fmt.Errorf("%q is an address, not a name", domain)
	case err != nil || domain == "" || strings.HasSuffix(domain, ".") || strings.Contains(domain, "*"):
		return fmt.Errorf("%q is no DNS name", domain)
	case ascii != domain:
		return fmt.Errorf("%q is written %q in DNS", domain, ascii)
	case len(domain) > 120: // the hosts of the catalogue stand below it
		return fmt.Errorf("%q is too long for names below it", domain)
	}
	return nil
}
