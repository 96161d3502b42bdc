package gatehouse

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// decode reads a segment; the library's decoder would skip line breaks, and one token would have several spellings.
func decode(segment string) ([]byte, error) {
	if segment == "" || strings.Trim(segment, base64URL) != "" {
		return nil, invalid("a segment is not base64url")
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil || base64.RawURLEncoding.EncodeToString(decoded) != segment {
		return nil, invalid("a segment is not canonical base64url")
	}
	return decoded, nil
}

// parseObject reads a JSON object; the library alone takes the last of two members with one name, and replaces bytes
// that are not UTF-8.
func parseObject(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, invalid("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := parseValue(decoder)
	if err != nil {
		return nil, err
	}
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil, invalid("not a JSON object")
	}
	return object, nil
}

func parseValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, invalid("not JSON")
	}
	switch token {
	case json.Delim('{'):
		return parseMembers(decoder)
	case json.Delim('['):
		return parseElements(decoder)
	}
	return token, nil
}

func parseMembers(decoder *json.Decoder) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		name, isText := token.(string)
		if err != nil || !isText {
			return nil, invalid("not JSON")
		}
		if _, isKnown := object[name]; isKnown {
			return nil, invalid("a member occurs twice")
		}
		if object[name], err = parseValue(decoder); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return object, err
}

func parseElements(decoder *json.Decoder) (any, error) {
	elements := []any{}
	for decoder.More() {
		value, err := parseValue(decoder)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	_, err := decoder.Token()
	return elements, err
}
