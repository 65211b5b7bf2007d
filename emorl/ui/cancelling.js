// Keeps cancels in step with the runs that they are to end.
//
// Gradio's client cancels a run by the id that the server has given it, and the server then ends every run of that event
// in the session. Where the server is slow, both go wrong: a cancel that comes before the id is sent without one, so it
// is refused and the run goes on; and a cancel that comes late ends the next run too. So here a cancel waits for the id
// of its run, and the next run of the same event waits until the cancel is answered.

// `fetch` with that order. `fn_index` is Gradio's number of an event.
export function inStep(fetch) {
  const ids = new Map(); // by event: the id of its latest run, as soon as it is known; "" if the server took none
  const cancels = new Map(); // by event: settled when its cancels so far are answered

  async function join(url, options, event) {
    await cancels.get(event);
    return fetch(url, options);
  }

  async function cancel(url, options, asked) {
    const id = asked.event_id || (await ids.get(asked.fn_index));
    if (!id) return new Response("{}"); // it never began
    return fetch(url, { ...options, body: JSON.stringify({ ...asked, event_id: id }) });
  }

  return (url, options) => {
    const [, path] = (options?.method === "POST" && /\/gradio_api\/(queue\/join|cancel|reset)\b/.exec(url)) || [];
    if (!path) return fetch(url, options);
    const asked = JSON.parse(options.body);
    const event = asked.fn_index;
    if (path === "reset") return asked.event_id ? fetch(url, options) : Promise.resolve(new Response("{}"));
    if (path === "cancel") {
      const answer = cancel(url, options, asked);
      cancels.set(event, Promise.allSettled([cancels.get(event), answer]));
      return answer;
    }
    const answer = join(url, options, event);
    const id = answer.then((found) => found.clone().json()).then((found) => found.event_id);
    ids.set(
      event,
      id.catch(() => ""),
    );
    return answer;
  };
}
