import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { followOtherTabs } from "./api/session";
import { App } from "./app";
import { PendingProvider } from "./functions/pending";
import { Notices } from "./parts/notices";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/python.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");
followOtherTabs();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Notices>
        <PendingProvider>
          <App />
        </PendingProvider>
      </Notices>
    </QueryClientProvider>
  </StrictMode>,
);
