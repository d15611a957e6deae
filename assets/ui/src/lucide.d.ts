declare module 'lucide/dist/esm/icons/*' {
  const icon: [tag: string, attributes: Record<string, string>][];
  export default icon;
}
