// What the server streams comes as one string (`streaming.py`); the widgets read their value as if it had not.

export const whole = (value) => (typeof value?.json === "string" ? JSON.parse(value.json) : value);

// The props of a widget with their value read.
export function received(props) {
  let [given, value] = [undefined, undefined];

  function read() {
    if (props.value?.json === undefined) return props.value;
    if (props.value.json !== given) [given, value] = [props.value.json, whole(props.value)];
    return value;
  }

  return new Proxy(props, {
    get: (_, name) => (name === "value" ? read() : props[name]),
    set: (_, name, put) => {
      props[name] = put;
      return true;
    },
  });
}
