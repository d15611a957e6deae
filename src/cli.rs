//! The command line: parse, call the box, print.
//!
//! Commands that change the box speak its API over the control socket, as the owner of the
//! machine. If no box is running on the data folder, the command opens one for as long as it
//! takes ([`house::House`]), so there is one way to do each thing, running or not.

mod bench;
mod doctor;
mod eval;
mod house;
mod key;
mod model;
mod output;
mod plugin;
mod serve;
mod settings;
mod setup;
mod user;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, data_folder};
use output::Output;

/// PrivateStack: a private AI assistant for your team, on your own machine.
#[derive(Debug, Parser)]
#[command(
    name = "privatestack",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "Example:\n  privatestack serve --listen 127.0.0.1:8080")]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Common {
    /// The settings file
    #[arg(long, global = true, value_name = "FILE", env = "PRIVATESTACK_CONFIG")]
    config: Option<PathBuf>,
    /// The data folder
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the box
    Serve(serve::Serve),
    /// Make the first admin without a browser
    Setup(setup::Setup),
    /// People who have an account
    #[command(subcommand)]
    User(user::User),
    /// Workspaces as files
    #[command(subcommand)]
    Workspace(workspace::Workspace),
    /// API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Models on this box
    #[command(subcommand)]
    Model(model::Model),
    /// Guardrails and other plugins
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Measure how well the box does on labelled data
    #[command(subcommand)]
    Eval(eval::Eval),
    /// Look through everything that is kept
    Doctor(doctor::Examine),
    /// Settings
    #[command(subcommand)]
    Config(settings::Settings),
    /// Print the description of the HTTP API (OpenAPI 3, JSON)
    #[command(after_help = "Example:\n  privatestack openapi > openapi.json")]
    Openapi,
    /// Try out a GPU; the box starts this itself, for a driver may crash
    #[cfg(feature = "gpu")]
    #[command(
        hide = true,
        after_help = "Example:\n  privatestack probe-device vulkan:0"
    )]
    ProbeDevice { device: crate::config::Device },
}

/// What a command works with.
struct Context {
    config: Config,
    data: PathBuf,
    output: Output,
}

/// Runs the command of this process. Exit code 0: done, 1: failed, 2: wrong usage.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.common.json);
    match execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> anyhow::Result<()> {
    // Asked by a box, whose settings are no matter of the child's.
    #[cfg(feature = "gpu")]
    if let Command::ProbeDevice { device } = arguments.command {
        let line = crate::engine::probe_device(device).map_err(anyhow::Error::msg)?;
        Output::new(false).raw(&line);
        return Ok(());
    }
    let context = context(&arguments.common)?;
    match arguments.command {
        Command::Serve(serve) => serve.run(context),
        Command::Setup(setup) => setup.run(&context),
        Command::User(user) => user.run(&context),
        Command::Workspace(workspace) => workspace.run(&context),
        Command::Key(key) => key.run(&context),
        Command::Model(model) => model.run(&context),
        Command::Plugin(plugin) => plugin.run(&context),
        Command::Eval(eval) => eval.run(&context),
        Command::Doctor(doctor) => doctor.run(&context),
        Command::Config(settings) => settings.run(&context),
        Command::Openapi => {
            context.output.raw(&crate::api::openapi());
            Ok(())
        }
        #[cfg(feature = "gpu")]
        Command::ProbeDevice { .. } => unreachable!("it was run before the settings were read"),
    }
}

fn context(common: &Common) -> anyhow::Result<Context> {
    let mut config = Config::load(common.config.as_deref(), std::env::vars())?;
    if let Some(data) = &common.data {
        config.data = Some(data.clone());
    }
    let data = data_folder(&config, |name| std::env::var(name).ok())?;
    Ok(Context {
        config,
        data,
        output: Output::new(common.json),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_command_has_an_example() {
        let mut root = super::Arguments::command();
        root.build();
        root.clone().debug_assert();
        let mut waiting: Vec<_> = root.get_subcommands().cloned().collect();
        while let Some(command) = waiting.pop() {
            let below: Vec<_> = command.get_subcommands().cloned().collect();
            if below.is_empty() && command.get_name() != "help" {
                let help = command
                    .get_after_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(
                    help.contains("Example"),
                    "{} has no example",
                    command.get_name()
                );
            }
            // `help` repeats the commands without what stands after their help.
            if command.get_name() != "help" {
                waiting.extend(below);
            }
        }
    }
}
