// Calls a function of the server. Gradio's client swallows a failed request and answers undefined, which must not pass
// for an answer.

export async function request(server, name, data) {
  const found = await server[name](data);
  if (found === undefined) throw new Error("no answer");
  return found;
}
