import { greeting } from "./greeting";

const title = ${{ values.title | dump }};

export function App() {
  return (
    <main>
      <h1>{title}</h1>
      <p>{greeting(new Date())}</p>
    </main>
  );
}
